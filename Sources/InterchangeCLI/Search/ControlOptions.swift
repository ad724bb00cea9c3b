import ArgumentParser
import Interchange

/// The controls that stand beside an accuracy.
struct ControlOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The controls: \(ControlKind.words.joined(separator: ", ")); several with commas.",
      valueName: "names"))
  var controls = "all"
  @Flag(help: "The same as --controls none.") var noControls = false

  func validate() throws {
    guard !noControls || controls == "all" else {
      throw ValidationError("give either --controls or --no-controls.")
    }
    _ = try kinds
  }

  /// The kinds that are run.
  var kinds: Set<ControlKind> {
    get throws {
      guard !noControls else { return [] }
      do {
        return try ControlKind.parsing(controls)
      } catch AlignmentError.invalidSetting(_, let expected, let found) {
        throw ValidationError("--controls: expected \(expected), got \(found)")
      }
    }
  }
}

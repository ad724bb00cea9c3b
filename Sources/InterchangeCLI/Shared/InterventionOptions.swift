import ArgumentParser
import Interchange

/// The change at a place.
struct InterventionOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is done: \(NamedInterventions.all.map(\.usage).joined(separator: ", ")).",
      valueName: "name"))
  var intervention = ChosenIntervention.interchange.description

  /// The intervention.
  ///
  /// - Throws: a usage error for a name that is none, or a number out of its range.
  var chosen: ChosenIntervention {
    get throws { try Self.chosen(intervention, option: "intervention") }
  }

  /// The intervention that an option's text says.
  ///
  /// - Throws: a usage error that names the option.
  static func chosen(_ text: String, option: String) throws -> ChosenIntervention {
    do {
      return try ChosenIntervention(parsing: text)
    } catch AlignmentError.invalidSetting(_, let expected, let found) {
      throw ValidationError("--\(option): expected \(expected), got \(found)")
    }
  }

  /// Every intervention, a line each.
  static var list: String {
    NamedInterventions.all.map { "\($0.usage): \($0.summary)" }.joined(separator: "\n")
  }
}

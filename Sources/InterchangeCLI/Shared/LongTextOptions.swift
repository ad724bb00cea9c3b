import ArgumentParser
import Interchange

/// What becomes of texts that are longer than the model reads.
struct LongTextOptions: ParsableArguments {
  @Flag(
    help: """
      Cut texts that are longer than the model reads: prompts at their beginning, labelled texts at their \
      end.
      """)
  var truncate = false
  @Flag(help: "Leave out texts that are longer than the model reads.") var skipLong = false

  func validate() throws {
    guard !truncate || !skipLong else {
      throw ValidationError("give either --truncate or --skip-long.")
    }
  }

  /// The treatment that was asked for.
  private var treatment: LongTexts { truncate ? .truncated : skipLong ? .skipped : .refused }

  /// Examples as far as a model reads them; how many were cut or left out is told.
  func fitted(
    _ examples: [TaskExample], to model: LanguageModel, by evaluator: Evaluator,
    reserving reserved: Int
  ) throws -> [TaskExample] {
    // What is refused is told where it is read.
    guard treatment != .refused else { return examples }
    let fitted = try evaluator.fitted(
      examples, to: model, reserving: reserved, longTexts: treatment)
    for (count, fate) in [(fitted.truncated, "cut"), (fitted.skipped, "left out")] where count > 0 {
      Output.note(
        "\(count) of \(examples.count) examples \(fate): longer than the model reads")
    }
    return fitted.examples
  }
}

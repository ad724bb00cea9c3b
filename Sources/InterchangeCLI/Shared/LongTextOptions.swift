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

  /// Tells whether long texts are cut or left out. What is refused is told where it is read.
  var isChosen: Bool { treatment != .refused }

  /// Examples as far as a model reads them.
  ///
  /// - Parameter count: is told how many were cut or left out
  func fitted(
    _ examples: [TaskExample], to model: LanguageModel, by evaluator: Evaluator,
    reserving reserved: Int, counting count: inout LongTextCount
  ) throws -> [TaskExample] {
    guard isChosen else { return examples }
    let fitted = try evaluator.fitted(
      examples, to: model, reserving: reserved, longTexts: treatment)
    count.examples += examples.count
    count.cut += fitted.truncated
    count.leftOut += fitted.skipped
    return fitted.examples
  }
}

/// The texts of a data set that were longer than the model reads.
struct LongTextCount {
  /// All examples.
  var examples = 0
  var cut = 0
  var leftOut = 0

  /// Tells the user, where there were any.
  func tell() {
    for (count, fate) in [(cut, "cut"), (leftOut, "left out")] where count > 0 {
      Output.note("\(count) of \(examples) examples \(fate): longer than the model reads")
    }
  }

  /// The numbers as a record has them.
  private var record: JSONValue {
    .object([
      JSONValue.Member(key: "cut", value: .integer(cut)),
      JSONValue.Member(key: "examples", value: .integer(examples)),
      JSONValue.Member(key: "leftOut", value: .integer(leftOut)),
    ])
  }

  /// Adds the numbers of a data set to the settings of a run, where any were counted.
  func add(to settings: inout [String: JSONValue]) {
    guard examples > 0 else { return }
    let others: [JSONValue] =
      if case .array(let others)? = settings["long-texts"] { others } else { [] }
    settings["long-texts"] = .array(others + [record])
  }
}

import InterchangeBasics
import InterchangeDatasets
import InterchangeModels
import InterchangeTokenizers

/// A prompt and its completion as a model reads them, or a text and its label.
public struct TokenizedExample: Sendable, Equatable {
  /// The input.
  public let input: ModelInput
  /// The number of its tokens that are the prompt's: all of a labelled text.
  public let promptLength: Int
  /// The number that a head should give for it, by ``LabelSet/value(of:)``; nil where the
  /// completion is learned.
  public let label: Double?

  /// The prompt's tokens, then the completion's.
  public var tokens: [Int] { input.tokenIDs ?? [] }

  /// Both parts have at least one token.
  public init(tokens: [Int], promptLength: Int) {
    require(
      (1..<max(1, tokens.count)).contains(promptLength),
      "TokenizedExample: a prompt of \(promptLength) of \(tokens.count) tokens")
    (input, self.promptLength, label) = (.tokens(tokens), promptLength, nil)
  }

  /// A text with a label.
  init(input: ModelInput, label: Double) {
    (self.input, promptLength, self.label) = (input, input.length, label)
  }

  /// The positions whose next token is part of the completion.
  var measured: [Int] { Array(promptLength - 1..<tokens.count - 1) }
  var targets: [Int] { Array(tokens[promptLength...]) }
  /// The number of losses that it has a part in: its completion's tokens, or its label's one.
  var weight: Int { label == nil ? tokens.count - promptLength : 1 }
}

extension TokenizedExample {
  /// An example as a model reads it.
  ///
  /// - Parameter endsCompletion: whether what ends a completion is learned after it
  /// - Throws: `DatasetError/invalidData(path:line:reason:)` or
  ///   `FineTuningError.emptyText(example:part:)` when the prompt or the completion has no
  ///   tokens; `TokenizerError` as `PromptTemplate/encode(_:by:)`.
  public init(
    _ example: TaskExample, index: Int, template: PromptTemplate, tokenizer: Tokenizer,
    endsCompletion: Bool
  ) throws {
    let (prompt, completions) = try template.encode(
      example, by: tokenizer, ending: endsCompletion)
    let completion = completions[0]
    for (part, isMissing) in [
      ("prompt", prompt.isEmpty), ("completion", completion.isEmpty || example.completion.isEmpty),
    ] where isMissing {
      guard let origin = example.origin else {
        throw FineTuningError.emptyText(example: index, part: part)
      }
      throw DatasetError.invalidData(
        path: origin.path, line: origin.line, reason: "the \(part) has no tokens")
    }
    self.init(tokens: prompt + completion, promptLength: prompt.count)
  }
}

extension LanguageModel {
  /// Pairs as the model reads them.
  ///
  /// - Parameter endsCompletion: whether the end-of-sequence token follows the completion
  /// - Throws: `FineTuningError/emptyText(example:part:)` for a part without a token,
  ///   `FineTuningError/tooLong(example:tokens:maximum:)`.
  public func tokenized(
    _ pairs: [PromptCompletion], endsCompletion: Bool
  ) throws -> [TokenizedExample] {
    try pairs.enumerated().map { index, pair in
      var (prompt, completion) = tokenizer.encode(pair.prompt, continuedBy: pair.completion)
      if endsCompletion, let end = tokenizer.endOfSequence { completion.append(end) }
      guard !prompt.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "prompt")
      }
      guard !completion.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "completion")
      }
      let (count, maximum) = (prompt.count + completion.count, network.architecture.maximumLength)
      guard count <= maximum else {
        throw FineTuningError.tooLong(example: index, tokens: count, maximum: maximum)
      }
      return TokenizedExample(tokens: prompt + completion, promptLength: prompt.count)
    }
  }
}

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

  /// The prompt's tokens, then the completion's; of a labelled text all that are read.
  public let tokens: [Int]

  /// Both parts have at least one token.
  ///
  /// - Parameter startToken: the token with which the targets of an encoder-decoder begin: the
  ///   prompt is its source, the completion its target
  public init(tokens: [Int], promptLength: Int, startToken: Int? = nil) {
    require(
      (1..<max(1, tokens.count)).contains(promptLength),
      "TokenizedExample: a prompt of \(promptLength) of \(tokens.count) tokens")
    (self.tokens, self.promptLength, label) = (tokens, promptLength, nil)
    input =
      startToken.map {
        .pair(
          source: .tokens(Array(tokens[..<promptLength])),
          target: [$0] + tokens[promptLength...].dropLast())
      } ?? .tokens(tokens)
  }

  /// A text with a label.
  init(input: ModelInput, label: Double) {
    let read = input.source ?? input
    (self.input, promptLength, self.label) = (input, read.length, label)
    tokens = read.tokenIDs ?? []
  }

  /// The length of the longest sequence that a stack reads of it.
  public var length: Int { max(input.length, input.source?.length ?? 0) }

  /// The positions whose next token is part of the completion.
  var measured: [Int] {
    let count = tokens.count - promptLength
    return Array(input.source == nil ? promptLength - 1..<promptLength - 1 + count : 0..<count)
  }
  var targets: [Int] { Array(tokens[promptLength...]) }
  /// The number of losses that it has a part in: its completion's tokens, or its label's one.
  var weight: Int { label == nil ? tokens.count - promptLength : 1 }
}

extension TokenizedExample {
  /// An example as a model reads it.
  ///
  /// - Parameters:
  ///   - endsCompletion: whether what ends a completion is learned after it
  ///   - startToken: as in ``init(tokens:promptLength:startToken:)``
  /// - Throws: `DatasetError/invalidData(path:line:reason:)` or
  ///   `FineTuningError.emptyText(example:part:)` when the prompt or the completion has no
  ///   tokens; `TokenizerError` as `PromptTemplate/encode(_:by:)`.
  public init(
    _ example: TaskExample, index: Int, template: PromptTemplate, tokenizer: Tokenizer,
    endsCompletion: Bool, startToken: Int? = nil
  ) throws {
    let (prompt, completions) = try template.encode(
      example, by: tokenizer, ending: endsCompletion, apart: startToken != nil)
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
    self.init(
      tokens: prompt + completion, promptLength: prompt.count, startToken: startToken)
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
      let example = TaskExample(prompt: pair.prompt, completion: pair.completion)
      let start = architecture.shape.startToken
      let (prompt, completions) = try PromptTemplate.verbatim.encode(
        example, by: tokenizer, ending: endsCompletion, apart: start != nil)
      let completion = completions[0]
      guard !prompt.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "prompt")
      }
      guard !completion.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "completion")
      }
      let tokens = TokenizedExample(
        tokens: prompt + completion, promptLength: prompt.count, startToken: start)
      let (count, maximum) = (tokens.length, network.architecture.maximumLength)
      guard count <= maximum else {
        throw FineTuningError.tooLong(example: index, tokens: count, maximum: maximum)
      }
      return tokens
    }
  }
}

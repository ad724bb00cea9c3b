import Models
import Tokenizers

/// A prompt and what should follow it.
public struct PromptCompletion: Codable, Sendable, Equatable {
  public var prompt: String
  public var completion: String

  public init(prompt: String, completion: String) {
    (self.prompt, self.completion) = (prompt, completion)
  }
}

/// A prompt and its completion as a model reads them, or a text and its label.
public struct TokenizedExample: Sendable, Equatable {
  /// What is read.
  public let input: ModelInput
  /// How many of its tokens are the prompt's: all of a labelled text.
  public let promptLength: Int
  /// What a head should say of it, by ``LabelSet/value(of:)``; nil where the completion is learned.
  public let label: Double?

  /// The prompt's tokens, then the completion's.
  public var tokens: [Int] { input.tokenIDs ?? [] }

  /// Both parts have at least one token.
  public init(tokens: [Int], promptLength: Int) {
    precondition(
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
  /// How many losses it has a part in: its completion's tokens, or its label's one.
  var weight: Int { label == nil ? tokens.count - promptLength : 1 }
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
      let prompt = tokenizer.encode(pair.prompt)
      var completion = tokenizer.encode(pair.completion, addingSpecialTokens: false)
      if endsCompletion, let end = tokenizer.endOfSequence { completion.append(end) }
      guard !prompt.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "prompt")
      }
      guard !completion.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "completion")
      }
      let (count, maximum) = (prompt.count + completion.count, model.architecture.maximumLength)
      guard count <= maximum else {
        throw FineTuningError.tooLong(example: index, tokens: count, maximum: maximum)
      }
      return TokenizedExample(tokens: prompt + completion, promptLength: prompt.count)
    }
  }
}

import Foundation
import InterchangeBasics
import InterchangeTensors
import InterchangeTokenizers

/// A language model with its tokenizer: text in, logits out.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let logits = try model.logits(after: "The capital of France is")
/// print(model.top(1, of: logits)[0].token)  // " Paris"
/// ```
public final class LanguageModel: Sendable {
  /// The network without its tokenizer.
  public let network: Model
  /// The tokenizer of its texts.
  public let tokenizer: Tokenizer
  /// The GGUF file or the folder it was read from; of a model made in memory its name.
  public let url: URL
  /// The name of the file or folder without its ending, the repository's, or the one that was
  /// given.
  public let name: String
  /// What was noticed while reading the files that the user should know: where they contradict
  /// each other and which of them counts.
  public let notes: [String]
  /// Where it was read from; nil for a model made in memory.
  let source: ModelSource?
  /// Tells whether its weights are those of the file or folder.
  let isAsRead: Bool

  /// A model made in memory, of an architecture of any kind. It runs like one that was read from
  /// files; what needs the files throws: its hash (``identity()``) and being written as a folder.
  ///
  /// - Parameters:
  ///   - tokenizer: its vocabulary may be smaller than the embedding table, never larger
  ///   - name: stands for the model in messages and tables
  /// - Throws: ``ModelError/tokenizerMismatch(path:vocabulary:embeddings:)``.
  public convenience init(
    _ architecture: any Architecture, tokenizer: Tokenizer, name: String
  ) throws {
    try self.init(
      Model(architecture), tokenizer, source: nil, url: URL(filePath: name), name: name,
      isAsRead: false)
  }

  convenience init(
    _ architecture: any Architecture, tokenizer: Tokenizer, source: ModelSource,
    notes: [String] = []
  ) throws {
    let url = source.url
    try self.init(
      Model(architecture), tokenizer, source: source, url: url,
      name: source.name, isAsRead: true, notes: notes)
  }

  private init(
    _ network: Model, _ tokenizer: Tokenizer, source: ModelSource?, url: URL, name: String,
    isAsRead: Bool, notes: [String] = []
  ) throws {
    // A vocabulary may be smaller than a padded embedding table, never larger.
    let embeddings = network.architecture.vocabulary
    guard tokenizer.count <= embeddings else {
      throw ModelError.tokenizerMismatch(
        path: source == nil ? name : url.path, vocabulary: tokenizer.count,
        embeddings: embeddings)
    }
    (self.network, self.tokenizer, self.source) = (network, tokenizer, source)
    (self.url, self.name, self.isAsRead, self.notes) = (url, name, isAsRead, notes)
  }

  /// Another model of the same vocabulary in the place of this one.
  func replacing(_ architecture: any Architecture) throws -> LanguageModel {
    try LanguageModel(
      Model(architecture), tokenizer, source: source?.closed, url: url, name: name,
      isAsRead: false)
  }

  /// The same architecture and tokenizer with random weights: a control.
  ///
  /// - Throws: ``ModelError/unlistedWeights(architecture:)`` without a ``WeightInventory``.
  public func randomlyInitialized(seed: UInt64) throws -> LanguageModel {
    try replacing(architecture.randomlyInitialized(seed: seed))
  }

  /// A text as the model reads it.
  public func encode(_ text: String) -> EncodedText {
    EncodedText(text, tokenizer: tokenizer, startToken: architecture.shape.startToken)
  }

  /// Two texts as the model reads a pair of them.
  public func encode(_ first: String, _ second: String) -> EncodedPair {
    EncodedPair(
      first, second, tokenizer: tokenizer, startToken: architecture.shape.startToken)
  }

  /// The name of an output: a classifier's label, or a token's text.
  public func outputName(_ output: Int) -> String {
    architecture.labels.map { $0.indices.contains(output) ? $0[output] : "\(output)" }
      ?? tokenizer.token(output)
  }

  /// A token's text with its leading space and its control characters visible, as labels show it:
  /// ` key` is ␣key, a newline ␊.
  public func label(of id: Int) -> String {
    let text = tokenizer.token(id).withControlSymbols
    return text.hasPrefix(" ") ? "␣" + text.dropFirst() : text
  }

  /// Runs one text and returns the logits of its output position, the last one of a decoder:
  /// [outputs].
  ///
  /// - Throws: ``ModelError`` when the text is empty or too long, an edit doesn't fit, or the model
  ///   has no head.
  public func logits(after text: String, edits: [Edit] = []) throws -> Tensor {
    let run = try run(measuring([encode(text).input], edits: edits))
    return run.logits!
  }

  /// The most likely outputs of a row of logits, such as the next tokens, the likeliest first.
  public func top(_ count: Int, of logits: Tensor) -> [Prediction] {
    let probabilities = architecture.shape.outputKind.probabilities(logits)
    let values = logits.elements
    return values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(max(0, count)).map {
      Prediction(
        id: $0, token: outputName($0), logit: values[$0],
        probability: probabilities?[$0])
    }
  }
}

/// One output with its probability: a token as a continuation, or a label.
public struct Prediction: Codable, Sendable, Equatable {
  /// The number of the output.
  public let id: Int
  /// The token's text, or the label.
  public let token: String
  /// The logit.
  public let logit: Float
  /// The probability: among all outputs, or of each by itself where several can be right; nil where
  /// outputs are numbers.
  public let probability: Float?
}

/// A text, its token ids, and which tokens its parts are.
public struct EncodedText: Sendable, Hashable {
  /// The text.
  public let text: String
  /// The token ids.
  public let ids: [Int]
  /// For each token the bytes of the text (UTF-8 offsets) that it stands for; empty for tokens that
  /// were added around the text.
  public let ranges: [Range<Int>]
  /// The token with which the target of an encoder-decoder begins; the text is its source.
  private let startToken: Int?

  init(_ text: String, tokenizer: Tokenizer, startToken: Int?) {
    (self.text, self.startToken) = (text, startToken)
    (ids, ranges) = tokenizer.encodeWithRanges(text)
  }

  /// The number of tokens.
  public var length: Int { ids.count }
  /// The input that the model reads; of an encoder-decoder with a target that has only begun.
  public var input: ModelInput { ModelInput.tokens(ids).asSource(startToken) }

  /// The tokens that a part of the text touches.
  ///
  /// - Parameter bytes: UTF-8 offsets in the text
  public func tokens(in bytes: Range<Int>) -> Range<Int> {
    let touched = ranges.indices.filter { ranges[$0].overlaps(bytes) }
    guard let first = touched.first, let last = touched.last else { return 0..<0 }
    return first..<last + 1
  }
}

/// Two texts as one input.
public struct EncodedPair: Sendable, Hashable {
  /// The token ids.
  public let ids: [Int]
  /// The token type of each token: 0 or 1, as the checkpoint tells the texts apart.
  public let types: [Int]
  private let startToken: Int?

  init(_ first: String, _ second: String, tokenizer: Tokenizer, startToken: Int?) {
    self.startToken = startToken
    (ids, types) = tokenizer.encode(first, second)
  }

  /// The input that the model reads.
  public var input: ModelInput {
    let input = types.contains { $0 != 0 } ? ModelInput.segments(ids, types: types) : .tokens(ids)
    return input.asSource(startToken)
  }
}

extension ModelInput {
  /// It as the source of a target that has only begun, where there is a token to begin with.
  fileprivate func asSource(_ startToken: Int?) -> ModelInput {
    startToken.map { .pair(source: self, target: [$0]) } ?? self
  }
}

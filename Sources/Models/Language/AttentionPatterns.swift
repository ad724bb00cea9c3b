/// The tokens of a text that the attention heads of some layers look at.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let patterns = try model.attentionPatterns(
///   of: "When Mary and John went to the store, John gave a drink to", layers: [23], heads: [0])
/// // A name mover: the last token looks at the name that isn't repeated.
/// print(patterns.heads[0].weights.last![1])
/// ```
public struct AttentionPatterns: Codable, Sendable, Equatable {
  /// One head's pattern.
  public struct Head: Codable, Sendable, Equatable {
    /// The layer, counted from 0.
    public let layer: Int
    /// The head, counted from 0.
    public let head: Int
    /// The share of each position (a key) that each position (a query) takes: [queries][keys]. Rows
    /// sum to 1; keys that a query doesn't see have 0. In a cross-attention the queries are the
    /// target's positions and the keys the source's.
    public let weights: [[Float]]

    /// As in the field: `layer.head`.
    public var name: String { "\(layer).\(head)" }
  }

  /// The text that is looked at.
  public let text: String
  /// The text from whose tokens a decoder's cross-attention looks; nil where a text looks at itself.
  public let target: String?
  /// The tokens that look, as labels show them.
  public let tokens: [String]
  /// The tokens that a cross-attention looks at; nil where they are the same.
  public let sourceTokens: [String]?
  /// Tells whether a position sees only itself and earlier ones.
  public let isCausal: Bool
  /// Layer by layer.
  public let heads: [Head]

  /// Patterns of some heads over a text.
  ///
  /// - Parameters:
  ///   - target: the text whose tokens look at another one's, `sourceTokens`
  ///   - tokens: those that look
  public init(
    text: String, target: String? = nil, tokens: [String], sourceTokens: [String]? = nil,
    isCausal: Bool, heads: [Head]
  ) {
    (self.text, self.tokens, self.isCausal, self.heads) = (text, tokens, isCausal, heads)
    (self.target, self.sourceTokens) = (target, sourceTokens)
  }

  /// The tokens that are looked at.
  public var keys: [String] { sourceTokens ?? tokens }

  private enum CodingKeys: String, CodingKey {
    case text, target, tokens, sourceTokens, isCausal, heads
  }

  /// Reads patterns whose matrices have a row and a column for each token.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    text = try values.decode(String.self, forKey: .text)
    target = try values.decodeIfPresent(String.self, forKey: .target)
    tokens = try values.decode([String].self, forKey: .tokens)
    sourceTokens = try values.decodeIfPresent([String].self, forKey: .sourceTokens)
    isCausal = try values.decode(Bool.self, forKey: .isCausal)
    heads = try values.decode([Head].self, forKey: .heads)
    guard !tokens.isEmpty, !keys.isEmpty, !heads.isEmpty, !isCausal || sourceTokens == nil else {
      throw DecodingError.dataCorruptedError(
        forKey: .heads, in: values, debugDescription: "expected at least one token and one head")
    }
    for head in heads {
      guard head.weights.count == tokens.count,
        head.weights.allSatisfy({ $0.count == keys.count })
      else {
        throw DecodingError.dataCorruptedError(
          forKey: .heads, in: values,
          debugDescription: "head \(head.name): expected \(tokens.count) × \(keys.count) weights")
      }
    }
  }
}

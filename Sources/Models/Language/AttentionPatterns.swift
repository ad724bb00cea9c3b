import InterchangeBasics
import InterchangeTensors

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
    /// sum to 1; keys that a query doesn't see have 0.
    public let weights: [[Float]]

    /// As in the field: `layer.head`.
    public var name: String { "\(layer).\(head)" }
  }

  /// The text.
  public let text: String
  /// The tokens as labels show them.
  public let tokens: [String]
  /// Tells whether a position sees only itself and earlier ones.
  public let isCausal: Bool
  /// Layer by layer.
  public let heads: [Head]

  /// Patterns of some heads over a text.
  public init(text: String, tokens: [String], isCausal: Bool, heads: [Head]) {
    (self.text, self.tokens, self.isCausal, self.heads) = (text, tokens, isCausal, heads)
  }

  private enum CodingKeys: String, CodingKey { case text, tokens, isCausal, heads }

  /// Reads patterns whose matrices have a row and a column for each token.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    text = try values.decode(String.self, forKey: .text)
    tokens = try values.decode([String].self, forKey: .tokens)
    isCausal = try values.decode(Bool.self, forKey: .isCausal)
    heads = try values.decode([Head].self, forKey: .heads)
    guard !tokens.isEmpty, !heads.isEmpty else {
      throw DecodingError.dataCorruptedError(
        forKey: .heads, in: values, debugDescription: "expected at least one token and one head")
    }
    for head in heads {
      guard head.weights.count == tokens.count,
        head.weights.allSatisfy({ $0.count == tokens.count })
      else {
        throw DecodingError.dataCorruptedError(
          forKey: .heads, in: values,
          debugDescription: "head \(head.name): expected \(tokens.count) × \(tokens.count) weights")
      }
    }
  }
}

extension Model {
  /// The attention weights of a layer for all positions of each input: [heads, positions,
  /// positions] each.
  ///
  /// - Throws: ``ModelError`` when the model lacks the layer, or has no attention.
  public func attentionWeights(
    _ inputs: [ModelInput], layer: Int, edits: [Edit] = [], store: ActivationStore? = nil
  ) throws -> [Tensor] {
    try attentionWeights(inputs, layers: [layer], edits: edits, store: store)[0]
  }

  /// The attention weights of some layers, in one run: by layer and input [heads, positions,
  /// positions].
  ///
  /// - Throws: ``ModelError`` when the model lacks a layer, or has no attention.
  public func attentionWeights(
    _ inputs: [ModelInput], layers: [Int], edits: [Edit] = [], store: ActivationStore? = nil
  ) throws -> [[Tensor]] {
    let lengths = layers.map { layer in
      inputs.map { positionCount(of: $0, .attentionWeight, layer: layer) }
    }
    let captures = zip(layers, lengths).map { layer, lengths in
      Cells(.attentionWeight, layer: layer, positions: lengths.map { Array(0..<$0) })
    }
    let found = try run(Request(inputs, edits: edits, captures: captures), store: store).captures
    return zip(layers, zip(found, lengths)).map { layer, part in
      let (rows, lengths) = part
      let heads = architecture.dimensions(of: .attentionWeight, layer: layer)?.heads ?? 0
      let longest = heads > 0 ? rows.width / heads : 0
      var first = 0
      return lengths.map { length in
        defer { first += length }
        return Tensor.concatenatingRows(
          (0..<heads).map { head in
            rows.rowSlice(first..<first + length).detached
              .columns(head * longest..<head * longest + length)
          }
        ).reshaped([heads, length, length])
      }
    }
  }
}

extension LanguageModel {
  /// The tokens of a text that the heads of some layers look at.
  ///
  /// - Parameters:
  ///   - heads: which of each layer; nil for all
  ///   - edits: made while the text is run, so that one sees what an intervention changes
  /// - Throws: ``ModelError`` when the model lacks a layer or head, the text is empty or too long,
  ///   or a layer is one of an encoder-decoder's decoder, which hasn't read anything yet.
  public func attentionPatterns(
    of text: String, layers: [Int], heads: [Int]? = nil, edits: [Edit] = []
  ) throws -> AttentionPatterns {
    for layer in layers {
      for head in heads ?? [] {
        try network.validate(.attentionWeight, layer: layer, head: head)
      }
    }
    let encoded = encode(text)
    if let encoder = architecture.stacks?.encoder,
      let layer = layers.first(where: { $0 >= encoder.layers })
    {
      throw ModelError.layerOutOfRange(layer: layer, layers: encoder.layers)
    }
    let chosen = try layers.flatMap { layer in
      try network.validate(.attentionWeight, layer: layer)
      let all = architecture.dimensions(of: .attentionWeight, layer: layer)?.heads ?? 0
      return (heads ?? Array(0..<all)).map { (layer: layer, head: $0) }
    }
    let places = chosen.count
    let all = architecture.dimensions(of: .attentionWeight)?.heads ?? 1
    // A weight as a float in the run and in the result, and as text in a record and in a figure;
    // the page that is drawn; and of all heads of the layer that is computed the scores, the
    // weights and their rows.
    try requireMemory(
      Double(100 * places + 400 + 12 * all) * Double(encoded.length) * Double(encoded.length),
      for: "\(places) attention patterns of \(encoded.length) tokens")
    let captures = chosen.map { layer, head in
      Cells(.attentionWeight, layer: layer, head: head, positions: [Array(0..<encoded.length)])
    }
    let weights = try run(Request([encoded.input], edits: edits, captures: captures)).captures
    let patterns = zip(chosen, weights).map { place, rows in
      AttentionPatterns.Head(
        layer: place.layer, head: place.head,
        weights: (0..<encoded.length).map { query in
          (0..<encoded.length).map { rows[query, $0] }
        })
    }
    return AttentionPatterns(
      text: text, tokens: encoded.ids.map(label),
      isCausal: architecture.isCausal && architecture.stacks == nil,
      heads: patterns)
  }
}

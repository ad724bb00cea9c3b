import InterchangeBasics
import InterchangeModels

/// The heads of a model by what they look at and what they write.
///
/// Of every head: the mean attention that a token pays to the one before it (*previous token*), to
/// its own earlier copy (*duplicate token*), and to the token after its earlier copy (*induction*,
/// Olsson et al. 2022, arXiv 2209.11895), over random tokens that are repeated once, or over a
/// given text; the *copying score* of its OV circuit, and how strongly heads of different layers
/// are composed (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits").
public struct HeadDetection: Codable, Sendable, Equatable {
  /// The scores of one head.
  public struct Head: Codable, Sendable, Equatable {
    /// The layer, counted from 0.
    public let layer: Int
    /// The head, counted from 0.
    public let head: Int
    /// The mean attention from each token to the one before it.
    public let previous: Double
    /// The mean attention from a token to its earlier copies.
    public let duplicate: Double
    /// The mean attention from a token to those that came after its earlier copies.
    public let induction: Double
    /// Σ λ / Σ |λ| over the eigenvalues of the map from tokens to logits W_U W_O W_V W_E: 1 where
    /// the head raises the logits of the tokens that it attends to, −1 where it lowers them; nil
    /// where the architecture has no such map.
    public let copying: Double?

    /// As in the field: `layer.head`.
    public var name: String { "\(layer).\(head)" }
  }

  /// The shares that a head would have that looks at everything it sees equally.
  public struct Uniform: Codable, Sendable, Equatable {
    /// The mean of ``Head/previous``.
    public let previous: Double
    /// The mean of ``Head/duplicate``.
    public let duplicate: Double
    /// The mean of ``Head/induction``.
    public let induction: Double
  }

  /// The given text; nil of random tokens.
  public let text: String?
  /// The number of sequences.
  public let sequences: Int
  /// The number of tokens in each, or in the text.
  public let length: Int
  /// Layer by layer, head by head.
  public let heads: [Head]
  /// The scores of uniform attention.
  public let uniform: Uniform
  /// The composition of heads; nil where it was not asked for, or there is none.
  public let composition: HeadComposition?
  /// The reason why there are no scores by weights; nil where there are.
  public let withoutWeights: String?

  init(
    text: String?, sequences: Int, length: Int, heads: [Head], uniform: Uniform,
    composition: HeadComposition?, withoutWeights: String?
  ) {
    (self.text, self.sequences, self.length) = (text, sequences, length)
    (self.heads, self.uniform, self.composition) = (heads, uniform, composition)
    self.withoutWeights = withoutWeights
  }

  private enum CodingKeys: String, CodingKey {
    case text, sequences, length, heads, uniform, composition, withoutWeights
  }

  /// Reads scores whose layers have equally many heads.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      text: try values.decodeIfPresent(String.self, forKey: .text),
      sequences: try values.decode(Int.self, forKey: .sequences),
      length: try values.decode(Int.self, forKey: .length),
      heads: try values.decode([Head].self, forKey: .heads),
      uniform: try values.decode(Uniform.self, forKey: .uniform),
      composition: try values.decodeIfPresent(HeadComposition.self, forKey: .composition),
      withoutWeights: try values.decodeIfPresent(String.self, forKey: .withoutWeights))
    let layers = Dictionary(grouping: heads, by: \.layer).sorted { $0.key < $1.key }
    let count = layers.first?.value.count ?? 0
    guard
      count > 0, layers.allSatisfy({ $0.value.map(\.head) == Array(0..<count) }),
      Set(heads.map { $0.copying == nil }).count == 1
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .heads, in: values, debugDescription: "expected equally many heads in every layer")
    }
  }
}

import InterchangeBasics
import InterchangeModels

/// The direct share of every part of a transformer in a logit or a difference of two: direct logit
/// attribution (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; Wang et
/// al. 2022, arXiv 2211.00593).
///
/// The stream after the last block is a sum: of the embeddings and of what every attention and MLP
/// adds. With the last norm's scale fixed to the one that the whole stream has, the logits are
/// linear in it, and so each part has a share; the biases of norms and maps are parts of their own.
/// An attention's share is the sum of its heads' and its output bias's, an MLP's of its neurons'
/// and its bias's. Where a norm stands between a projection and the stream, as in Gemma 2, its
/// scale is fixed, too. Shares are those of the logits before a bound that follows (a soft cap).
///
/// Shares are *direct*: what a part does by way of later parts is counted as theirs.
public struct DirectAttribution: Codable, Sendable, Equatable {
  /// A number over the questions.
  public struct Share: Codable, Sendable, Equatable {
    /// The mean.
    public let mean: Double
    /// The mean's standard error: the deviation over the root of the number of questions; 0 for
    /// one.
    public let error: Double
  }

  /// The kinds of part.
  public enum Kind: String, Codable, Sendable {
    case embedding, attention, mlp, bias
  }

  /// A part of the final stream, or a bias after it.
  public struct Part: Codable, Sendable, Equatable {
    /// The name, such as `attention 3`.
    public let name: String
    /// The kind.
    public let kind: Kind
    /// The layer, counted from 0; nil outside blocks.
    public let layer: Int?
    /// The share.
    public let share: Share
    /// The mean Euclidean norm of the row that is added; nil of a bias after the stream.
    public let norm: Double?
    /// The mean cosine of the angle between that row and the whole final stream; nil of a bias
    /// after it, or where a row is zero.
    public let cosine: Double?
  }

  /// A layer's attention by its heads.
  public struct Heads: Codable, Sendable, Equatable {
    /// The layer, counted from 0.
    public let layer: Int
    /// One for each head.
    public let shares: [Share]
    /// The output projection's bias and, where a norm follows, that one's.
    public let bias: Share
  }

  /// A neuron of an MLP: an element of its hidden vector.
  public struct Neuron: Codable, Sendable, Equatable {
    /// The layer, counted from 0.
    public let layer: Int
    /// The element.
    public let index: Int
    /// The share.
    public let share: Share

    /// As in the field: `L3.N120`.
    public var name: String { "L\(layer).N\(index)" }
  }

  /// One head's share by the position whose value it takes.
  public struct HeadSources: Codable, Sendable, Equatable {
    /// The layer, counted from 0.
    public let layer: Int
    /// The head, counted from 0.
    public let head: Int
    /// One for each position up to the one that is asked about.
    public let shares: [Double]

    /// As in the field: `layer.head`.
    public var name: String { "\(layer).\(head)" }
  }

  /// The number of questions.
  public let count: Int
  /// The sum of all parts' shares.
  public let sum: Share
  /// The logit or the difference, computed without parts and before a bound.
  public let difference: Share
  /// The largest distance between the two over all questions.
  public let largestGap: Double
  /// Tells whether a bound of the logits is left out.
  public let softCap: Bool
  /// Embeddings, then layer by layer attention and MLP, then the biases.
  public let parts: [Part]
  /// Layer by layer.
  public let heads: [Heads]
  /// Those with the largest mean shares, whichever their signs, the largest first.
  public let neurons: [Neuron]
  /// The bias of each layer's last MLP projection and, where a norm follows, that one's; nil of a
  /// mixture of experts.
  public let mlpBiases: [Share?]
  /// The layers whose MLP is a mixture of experts, whose neurons are left out.
  public let expertLayers: [Int]
  /// Of one question alone: the heads with the largest shares, by source position.
  public let sources: [HeadSources]

  init(
    count: Int, sum: Share, difference: Share, largestGap: Double, softCap: Bool, parts: [Part],
    heads: [Heads], neurons: [Neuron], mlpBiases: [Share?], expertLayers: [Int],
    sources: [HeadSources]
  ) {
    (self.count, self.sum, self.difference) = (count, sum, difference)
    (self.largestGap, self.softCap, self.parts) = (largestGap, softCap, parts)
    (self.heads, self.neurons, self.mlpBiases) = (heads, neurons, mlpBiases)
    (self.expertLayers, self.sources) = (expertLayers, sources)
  }

  private enum CodingKeys: String, CodingKey {
    case count, sum, difference, largestGap, softCap, parts, heads, neurons, mlpBiases
    case expertLayers, sources
  }

  /// Reads an attribution whose layers have equally many heads.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      count: try values.decode(Int.self, forKey: .count),
      sum: try values.decode(Share.self, forKey: .sum),
      difference: try values.decode(Share.self, forKey: .difference),
      largestGap: try values.decode(Double.self, forKey: .largestGap),
      softCap: try values.decode(Bool.self, forKey: .softCap),
      parts: try values.decode([Part].self, forKey: .parts),
      heads: try values.decode([Heads].self, forKey: .heads),
      neurons: try values.decode([Neuron].self, forKey: .neurons),
      mlpBiases: try values.decode([Share?].self, forKey: .mlpBiases),
      expertLayers: try values.decode([Int].self, forKey: .expertLayers),
      sources: try values.decode([HeadSources].self, forKey: .sources))
    guard
      count > 0, !parts.isEmpty, Set(heads.map(\.shares.count)).count <= 1,
      heads.allSatisfy({ !$0.shares.isEmpty }), Set(sources.map(\.shares.count)).count <= 1
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .heads, in: values,
        debugDescription: "expected parts, and equally many heads in every layer")
    }
  }
}

/// One input with the output, or the two, whose logits are asked about.
public struct AttributedInput: Sendable {
  /// The input.
  public var input: ModelInput
  /// The output whose logit is asked about.
  public var answer: Int
  /// The output whose logit is subtracted; nil for none.
  public var other: Int?
  /// The position whose outputs are meant; nil for the one that answers for the input.
  public var position: Int?

  /// An input with its outputs.
  public init(_ input: ModelInput, answer: Int, other: Int? = nil, position: Int? = nil) {
    (self.input, self.answer, self.other, self.position) = (input, answer, other, position)
  }

  /// The outputs with their factors.
  var outputs: [(output: Int, factor: Float)] {
    var outputs: [(output: Int, factor: Float)] = [(answer, 1)]
    if let other { outputs.append((other, -1)) }
    return outputs
  }
}

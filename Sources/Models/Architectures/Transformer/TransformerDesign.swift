import InterchangeBasics
import InterchangeTensors

/// The make of a transformer: its sizes, and which of the shared pieces it is put together from.
///
/// A family fills it in from the settings of a file; ``Transformer`` is made from it and computes
/// by it. A value that a family doesn't set is that of LLaMA without biases.
public struct TransformerDesign: Sendable {
  /// The name in messages and records, such as `gpt2`.
  public var name: String
  /// The rows of the embedding table.
  public var vocabulary: Int
  /// The width of the residual stream.
  public var width: Int
  /// The number of blocks.
  public var layers: Int
  /// The number of query heads.
  public var heads: Int
  /// The number of key and value heads.
  public var keyHeads: Int
  /// The width of a head.
  public var headWidth: Int
  /// The width of the MLP's hidden vector.
  public var hiddenWidth: Int
  /// The length of the longest sequence that it reads.
  public var maximumLength: Int
  /// Tells whether a position sees only itself and earlier ones.
  public var isCausal = true

  /// The making of the first rows.
  public var embedding = EmbeddingDesign()
  /// The norms.
  public var norm = NormDesign(.rms, epsilon: 1e-6)
  /// The places of the norms and the order of a block's halves.
  public var block = BlockDesign()
  /// Every layer's attention.
  public var attention = AttentionDesign()
  /// The parts that differ from layer to layer: one for each.
  public var layerAttention: [LayerAttention] = []
  /// The MLP.
  public var mlp = MLPDesign()
  /// The making of outputs.
  public var head = HeadDesign()

  /// Sizes, the rest as in LLaMA.
  public init(
    name: String, vocabulary: Int, width: Int, layers: Int, heads: Int, keyHeads: Int? = nil,
    headWidth: Int? = nil, hiddenWidth: Int, maximumLength: Int
  ) {
    (self.name, self.vocabulary, self.width, self.layers) = (name, vocabulary, width, layers)
    (self.heads, self.keyHeads) = (heads, keyHeads ?? heads)
    self.headWidth = headWidth ?? (heads > 0 ? width / heads : 0)
    (self.hiddenWidth, self.maximumLength) = (hiddenWidth, maximumLength)
  }

  /// The width of all query heads.
  public var queryWidth: Int { heads * headWidth }
  /// The width of all key heads.
  public var keyWidth: Int { keyHeads * headWidth }
}

/// The making of the first rows.
public struct EmbeddingDesign: Sendable {
  /// The factor of a token's row.
  public var scale: Float = 1
  /// The rows of a table of learned positions; nil without one.
  public var positions: Int?
  /// The row of the first position in that table.
  public var firstPosition = 0
  /// The rows of a table of token types; nil without one.
  public var types: Int?
  /// The width of the table, where a projection stands between it and the stream.
  public var width: Int?
  /// Tells whether that projection, with a bias, is the last step: positions, types and the norm
  /// have the table's width, and so has what the head's own map reads.
  public var projectsLast = false
  /// Tells whether a norm follows.
  public var hasNorm = false
}

/// A kind of norm.
public struct NormDesign: Sendable {
  /// The two kinds.
  public enum Kind: Sendable {
    /// x / √(mean x² + ε).
    case rms
    /// (x − mean) / √(variance + ε).
    case layer
  }

  /// The kind.
  public var kind: Kind
  /// The number that is added to the variance.
  public var epsilon: Float
  /// Tells whether there is a weight.
  public var hasWeight = true
  /// Tells whether there is a bias.
  public var hasBias: Bool
  /// The number that a folder's weights are short of: 1 where they are kept as w of 1 + w.
  public var offset: Float = 0

  /// A norm whose layer kind has a bias and whose RMS kind has none.
  public init(_ kind: Kind, epsilon: Float) {
    (self.kind, self.epsilon, hasBias) = (kind, epsilon, kind == .layer)
  }
}

/// The places of the norms in a block, and the order of its halves.
public struct BlockDesign: Sendable {
  /// The order of attention and MLP.
  public enum Order: Sendable {
    /// The MLP reads the stream after the attention.
    case sequential
    /// Both read the stream that came in, each through a norm of its own.
    case parallel
    /// Both read the stream that came in through one norm.
    case parallelSharedNorm
  }

  /// The order.
  public var order = Order.sequential
  /// Norms before attention and MLP.
  public var hasNormsBefore = true
  /// Tells whether the first block's attention reads the stream without a norm all the same.
  public var lacksFirstNorm = false
  /// Norms of what attention and MLP make, before it is added to the stream.
  public var hasNormsBehind = false
  /// Norms of the stream after each addition.
  public var hasNormsOfStream = false
  /// The number of blocks, one after another, that have the same weights.
  public var uses = 1
  /// The factor of what attention and MLP add.
  public var residualScale: Float = 1

  /// Tells whether an attention to an encoder's rows stands between attention and MLP.
  public var crosses = false

  /// Tells whether something stands between a projection and the stream.
  var changesAdditions: Bool { hasNormsBehind || residualScale != 1 }
}

/// The parts that all layers' attention has in common.
public struct AttentionDesign: Sendable {
  /// The norm of queries and keys after their projection.
  public enum HeadNorm: Sendable {
    /// One weight for every head: [headWidth].
    case shared
    /// A weight for each head: [heads, headWidth].
    case each
    /// A norm over all heads together: [heads · headWidth].
    case whole
  }

  /// The factor of the products; nil: 1 / √headWidth.
  public var scale: Float?
  /// The bound of the scores.
  public var softCap: Float?
  /// ALiBi's slopes (arXiv 2108.12409), one for each head.
  public var slopes: [Float]?
  /// The factor of what they add to the scores.
  public var slopeScale: Float = 1
  /// Tells whether what they add is rounded to bfloat16 first, as Falcon's reference does.
  public var slopesAreHalved = false
  /// The norm of queries and keys.
  public var headNorm: HeadNorm?
  /// The kind of that norm, where it isn't that of the others.
  public var headNormDesign: NormDesign?
  /// The learned additions to the scores for distances, which all layers share; nil without them.
  public var distances: DistanceDesign?
  /// Scores of contents and relative positions; nil without them.
  public var relative: RelativeDesign?
  /// The bound to which queries, keys and values are clipped.
  public var clip: Float?
  /// Tells whether queries, keys and values have biases; nil: where the file has them.
  public var hasBias: Bool? = false
  /// Tells whether the output projection has one; nil: where the file has it.
  public var hasOutputBias: Bool? = false
}

/// The parts that one layer's attention has for itself.
public struct LayerAttention: Sendable {
  /// The rotary embedding; nil: positions are no part of it.
  public var rotary: RotaryEmbedding?
  /// The number of positions that are seen, itself among them; nil for all.
  public var window: Int?
  /// A further factor of the scores.
  public var scale: Float = 1

  /// Attention to everything unless a window is given.
  public init(rotary: RotaryEmbedding? = nil, window: Int? = nil) {
    (self.rotary, self.window) = (rotary, window)
  }
}

/// The make of a block's MLP.
public struct MLPDesign: Sendable {
  /// The non-linearity.
  public var activation = Activation.silu
  /// Tells whether a gate is multiplied in.
  public var isGated = true
  /// Tells whether its maps have biases; nil: where the file has them.
  public var hasBias: Bool? = false
  /// The experts; nil where there is one MLP.
  public var experts: ExpertsDesign?
}

/// A mixture of experts.
public struct ExpertsDesign: Sendable {
  /// The number of experts.
  public var count: Int
  /// The number of experts that a row is sent to.
  public var chosen: Int
  /// The width of an expert's hidden vector.
  public var hiddenWidth: Int
  /// Tells whether the chosen experts' weights are made to sum to 1.
  public var isNormalized: Bool
  /// The width of an expert that all rows are sent to, through a gate of its own; nil without one.
  public var sharedWidth: Int?
  /// The layers that have one MLP instead.
  public var denseLayers: Set<Int> = []

  /// Experts among which some are chosen.
  public init(count: Int, chosen: Int, hiddenWidth: Int, isNormalized: Bool) {
    (self.count, self.chosen) = (count, chosen)
    (self.hiddenWidth, self.isNormalized) = (hiddenWidth, isNormalized)
  }
}

/// The making of outputs.
public struct HeadDesign: Sendable {
  /// The position whose outputs answer for a whole input.
  public enum Place: Sendable {
    /// The last one.
    case last
    /// The first one.
    case first
    /// The first mask, or the last position of an input without one.
    case mask
    /// None: the outputs are made of the mean of all rows.
    case mean
  }

  /// Tells whether there is a head at all.
  public var exists = true
  /// The position whose outputs answer for a whole input.
  public var place = Place.last
  /// The step before its own map; nil where that reads the last rows.
  public var transform: HeadTransform?
  /// Tells whether a norm stands before it.
  public var hasNorm = true
  /// Tells whether it is the embedding table.
  public var isTied = false
  /// Tells whether it has a bias; nil: where the file has one.
  public var hasBias: Bool? = false
  /// The factor of the logits.
  public var scale: Float = 1
  /// The bound of the logits.
  public var softCap: Float?
  /// A classifier's labels; nil for a language model.
  public var labels: LabelDesign?
}

/// The outputs of a classifier.
public struct LabelDesign: Sendable {
  /// The labels' names; nil: numbered ones, as many as the head has rows.
  public var names: [String]?
  /// The kind of outputs that they are together; a single one is a number when nil.
  public var kind: OutputKind?
}

extension TransformerDesign {
  /// The largest number of layers that have kinds of attention of their own: a file with more has
  /// been refused before they are asked for.
  private static let mostLayers = 1 << 16

  /// The number of layers, or what bounds it where no model can have so many.
  var boundedLayers: Int { min(max(0, layers), Self.mostLayers) }

  /// Checks the sizes, on which everything else depends.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(path:field:expected:found:)``.
  func validateSizes(path: String) throws {
    let require = ConfigurationCheck(path: path)
    for (field, value) in [
      ("vocabulary size", vocabulary), ("hidden size", width), ("layers", layers),
      ("attention heads", heads), ("key/value heads", keyHeads), ("head width", headWidth),
      ("MLP width", hiddenWidth), ("context length", maximumLength),
    ] {
      try require.size(value, field)
    }
    try require.size(queryWidth, "attention heads times head width")
    if attention.slopes != nil {
      // A table of additions to scores has a number for each head and position.
      try require.size(heads * maximumLength / 16, "attention heads times context length / 16")
    }
    try require(heads % keyHeads == 0, "key/value heads", "a divisor of \(heads)", keyHeads)
  }

  /// Checks the numbers against one another.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(path:field:expected:found:)``.
  func validated(path: String) throws -> TransformerDesign {
    try validateSizes(path: path)
    let require = ConfigurationCheck(path: path)
    try require(
      norm.epsilon > 0 && norm.epsilon < 1, "norm epsilon", "0 to 1", norm.epsilon)
    try require(
      (attention.scale ?? 1).isFinite && (attention.scale ?? 1) > 0, "attention scale",
      "a positive number", attention.scale ?? 1)
    for (field, cap) in [
      ("attention soft cap", attention.softCap), ("logit soft cap", head.softCap),
    ] {
      try require(cap.map { $0 > 0 && $0.isFinite } ?? true, field, "a positive number", cap ?? 0)
    }
    if let experts = mlp.experts {
      try require.size(experts.count, "number of experts")
      try require.size(experts.hiddenWidth, "expert width")
      try require(
        (1...experts.count).contains(experts.chosen), "experts per token", "1 to \(experts.count)",
        experts.chosen)
      if let width = experts.sharedWidth { try require.size(width, "shared expert width") }
    }
    if let relative = attention.relative {
      try require.size(relative.span, "relative positions")
      try require.size(relative.farthest, "relative positions")
      if let buckets = relative.buckets {
        try require(
          buckets >= 4 && relative.farthest > buckets / 2 + 1, "position buckets",
          "at least 4, and fewer than two times the farthest position", buckets)
      }
    }
    try require.size(block.uses, "blocks with the same weights")
    try attention.distances?.validate(require)
    for layer in layerAttention {
      try require((layer.window ?? 1) > 0, "window", "at least 1", layer.window ?? 0)
    }
    InterchangeBasics.require(
      layerAttention.count == boundedLayers,
      "TransformerDesign: \(layers) layers, \(layerAttention.count) kinds of attention")
    return self
  }
}

import InterchangeModels

/// The components of one kind of attention, in the order in which it makes them.
struct AttentionSites {
  let queries: Component
  let keys: Component
  let values: Component
  let scores: Component
  let weights: Component
  let mixed: Component
  let heads: Component
  let output: Component
  /// Tells whether its keys are a source's.
  let isCross: Bool

  /// Of rows to rows of the same sequence.
  static let own = AttentionSites(
    queries: .positionedQueryOutput, keys: .positionedKeyOutput, values: .valueOutput,
    scores: .attentionScores, weights: .attentionWeight, mixed: .attentionValueOutput,
    heads: .headOutput, output: .attentionOutput, isCross: false)
  /// Of a decoder's rows to those of an encoder.
  static let cross = AttentionSites(
    queries: .crossQueryOutput, keys: .crossKeyOutput, values: .crossValueOutput,
    scores: .crossAttentionScores, weights: .crossAttentionWeight,
    mixed: .crossAttentionValueOutput, heads: .crossHeadOutput, output: .crossAttentionOutput,
    isCross: true)

  /// Those that a layer has.
  static func all(of architecture: any Architecture, layer: Int) -> [AttentionSites] {
    [own, cross].filter { architecture.hasComponent($0.weights, layer: layer) }
  }
}

extension Component {
  /// Those with a number for each position, and the additions of heads.
  static let ofAttention: [Component] = [AttentionSites.own, .cross].flatMap {
    [$0.scores, $0.weights, $0.heads]
  }
}

import Foundation
import InterchangeBasics
import InterchangeTensors

/// A block's surroundings in a run: its rows, its known positions, and the visitor of its
/// components.
public final class BlockContext {
  private let layer: Int
  private let keyRows: RowSet
  private let outputRows: RowSet
  private let visitor: Visitor
  private let known: [Int]
  /// Each sequence's number of positions.
  private let lengths: [Int]
  /// The number of leading positions, by sequence, whose keys and values are kept.
  private let wantedKeys: [Int]
  private let stored: [any KnownKeys]?
  private let growing: [KeyValueCache]?
  private let angleCache: AngleCache
  /// The sources that the cross-attention reads, and of which of their rows it makes keys and
  /// values.
  private let memory: SourceMemory?
  private let sourceRows: (rows: Tensor, set: RowSet)?

  init(
    layer: Int, plan: RowPlan, visitor: Visitor, stored: [any KnownKeys]?,
    growing: [KeyValueCache]?, angleCache: AngleCache, memory: SourceMemory?
  ) {
    self.memory = memory
    sourceRows = memory?.rows(of: layer)
    self.layer = layer
    keyRows = plan.stages[layer]
    outputRows = plan.outputs[layer]
    known = plan.known[layer]
    lengths = visitor.lengths
    wantedKeys = plan.keys?[layer] ?? []
    (self.visitor, self.stored, self.growing) = (visitor, stored, growing)
    self.angleCache = angleCache
  }

  /// Announces a component: returns its rows after the edits that concern it.
  public func visit(_ component: Component, _ rows: Tensor) -> Tensor {
    if component.isOfSource, let sourceRows {
      return visitor.visit(component, layer, rows, sourceRows.set)
    }
    return visitor.visit(component, layer, rows, component.isKeySide ? keyRows : outputRows)
  }

  /// The rows of the encoder, after its last norm, of which keys and values are to be made: those
  /// of sources that are known come later, from a store. Of an encoder-decoder's decoder alone.
  public var encoderRows: Tensor {
    guard let sourceRows else { programmerError("block \(layer): there is no encoder") }
    return sourceRows.rows
  }

  /// Tells whether anybody reads or edits a component of this layer; fused paths are for when
  /// nobody does.
  public func isVisited(_ component: Component) -> Bool { visitor.concerns(component, layer) }

  /// The function that announces a component of this layer; nil when nobody reads or edits it.
  func announcer(of component: Component) -> ((Tensor) -> Tensor)? {
    isVisited(component) ? { self.visit(component, $0) } : nil
  }

  /// The rows whose output is needed, of all rows that came in.
  public func keepingOutputRows(_ rows: Tensor) -> Tensor {
    outputRows == keyRows ? rows : rows.gatherRows(keyRows.rows(of: outputRows.positions))
  }

  /// The rotary angles of all rows that came in.
  public func keyAngles(_ embedding: RotaryEmbedding) -> RotaryAngles {
    angleCache.angles(embedding, keyRows, lengths: lengths)
  }

  /// The rotary angles of the rows whose output is needed.
  public func queryAngles(_ embedding: RotaryEmbedding) -> RotaryAngles {
    angleCache.angles(embedding, outputRows, lengths: lengths)
  }

  /// Attention of the output rows over the known positions and all rows that came in.
  ///
  /// - Parameters:
  ///   - query: [output rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth], with its position encoding
  ///   - value: [key rows, keyHeads · headWidth]
  /// - Returns: [output rows, heads · headWidth]
  public func attention(
    query: Tensor, key: Tensor, value: Tensor, headWidth: Int, causal: Bool
  ) -> Tensor {
    attention(
      query: query, key: key, value: value,
      rule: AttentionRule(headWidth: headWidth, causal: causal))
  }

  /// Attention of the output rows over the known positions and all rows that came in, by a rule.
  /// It announces `attention_scores` and `attention_weight`.
  ///
  /// - Parameters:
  ///   - query: [output rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth], with its position encoding
  ///   - value: [key rows, keyHeads · headWidth]
  ///   - pairs: gives what is added to the scores of one sequence's pairs, [heads, queries, keys]
  ///     in any shape; nil: nothing. Every key has to be among the rows that came in
  /// - Returns: [output rows, heads · headWidth]
  public func attention(
    query: Tensor, key: Tensor, value: Tensor, rule: AttentionRule,
    pairs: ((AttentionSegment) -> Tensor)? = nil
  ) -> Tensor {
    var segments: [AttentionSegment] = []
    for sequence in keyRows.positions.indices {
      let stored = known[sequence] > 0 ? stored?[sequence].known(layer) : nil
      require(
        known[sequence] == 0 || stored != nil,
        "attention: \(known[sequence]) positions of layer \(layer) are not stored")
      segments.append(
        AttentionSegment(
          queries: outputRows.range(sequence), queryPositions: outputRows.positions[sequence],
          keys: keyRows.range(sequence), knownCount: known[sequence], known: stored))
      if let cache = growing?[sequence] {
        let rows = keyRows.range(sequence).prefix(max(0, wantedKeys[sequence] - known[sequence]))
        guard !rows.isEmpty else { continue }
        cache.append(
          layer: layer, keys: key.detached.rowSlice(rows).copied(),
          values: value.detached.rowSlice(rows).copied())
      }
    }
    var rule = rule
    if let pairs {
      require(known.allSatisfy { $0 == 0 }, "attention: scores of pairs with stored keys")
      let additions = segments.map { segment in
        let values = pairs(segment)
        return values.reshaped([values.count, 1])
      }
      let all = Tensor.concatenatingRows(additions)
      rule.bias = PositionBias(all.reshaped([all.count]), .pair)
    }
    return announcing(
      .attentionScores, .attentionWeight, query: query, key: key, value: value,
      segments: segments, rule: rule)
  }

  /// Attention that announces its scores and weights, where somebody reads or edits them.
  private func announcing(
    _ scores: Component, _ weights: Component, query: Tensor, key: Tensor, value: Tensor,
    segments: [AttentionSegment], rule: AttentionRule
  ) -> Tensor {
    let (onScores, onWeights) = (announcer(of: scores), announcer(of: weights))
    guard onScores != nil || onWeights != nil else {
      return Tensor.attention(
        query: query, key: key, value: value, segments: segments, rule: rule)
    }
    return Tensor.attention(
      query: query, key: key, value: value, segments: segments, rule: rule,
      keys: visitor.room(for: weights), onScores: onScores, onWeights: onWeights)
  }
}

extension BlockContext {
  /// Attention of the output rows over all positions of their sources. It announces
  /// `cross_attention_scores` and `cross_attention_weight`.
  ///
  /// - Parameters:
  ///   - query: [output rows, heads · headWidth]
  ///   - key: of the ``encoderRows``, [rows, keyHeads · headWidth]
  ///   - value: of the same, [rows, keyHeads · headWidth]
  ///   - make: keys and values of other rows of the encoder, for sources that are known
  /// - Returns: [output rows, heads · headWidth]
  public func crossAttention(
    query: Tensor, key: Tensor, value: Tensor, rule: AttentionRule,
    make: (Tensor) -> (keys: Tensor, values: Tensor)
  ) -> Tensor {
    guard let memory, let sourceRows else {
      programmerError("block \(layer): there is no encoder")
    }
    let segments = outputRows.positions.indices.map { sequence -> AttentionSegment in
      let keys = sourceRows.set.range(sequence)
      // What a query sees doesn't depend on where it is.
      let places = outputRows.positions[sequence]
      guard keys.isEmpty, !places.isEmpty, let known = memory.known[sequence] else {
        return AttentionSegment(
          queries: outputRows.range(sequence), queryPositions: places, keys: keys)
      }
      return AttentionSegment(
        queries: outputRows.range(sequence), queryPositions: places, keys: keys,
        knownCount: memory.lengths[sequence], known: known.pair(layer, make))
    }
    return announcing(
      .crossAttentionScores, .crossAttentionWeight, query: query, key: key, value: value,
      segments: segments, rule: rule)
  }
}

/// The rotary angles of the last few row sets: most blocks of a run share them.
final class AngleCache {
  private var entries: [(embedding: UUID, rows: RowSet, angles: RotaryAngles)] = []

  func angles(_ embedding: RotaryEmbedding, _ rows: RowSet, lengths: [Int]) -> RotaryAngles {
    let known = entries.first { $0.embedding == embedding.identity && $0.rows == rows }
    if let known { return known.angles }
    let angles = embedding.angles(
      at: rows.flattened,
      lengths: zip(rows.positions, lengths).flatMap { rows, length in rows.map { _ in length } })
    entries = entries.suffix(7) + [(embedding.identity, rows, angles)]
    return angles
  }
}

import CInterchangeKernels
import InterchangeBasics

/// One sequence's share of a packed attention: its rows of queries, its rows of keys, and its known
/// positions.
public struct AttentionSegment: Sendable {
  /// The sequence's rows in the query matrix.
  public var queries: Range<Int>
  /// The position of each of those rows, counted from 0.
  public var queryPositions: [Int]
  /// The sequence's rows in the key and value matrices; their positions follow the known ones.
  public var keys: Range<Int>
  /// The number of leading positions that are stored constants.
  public var knownCount: Int
  /// Stored keys and values of the leading positions: [≥ knownCount, keyHeads · headWidth] each.
  public var known: (keys: Tensor, values: Tensor)?

  /// A sequence of `queries` over `keys`, after `knownCount` stored positions.
  public init(
    queries: Range<Int>, queryPositions: [Int], keys: Range<Int>, knownCount: Int = 0,
    known: (keys: Tensor, values: Tensor)? = nil
  ) {
    require(
      queryPositions.count == queries.count, "AttentionSegment: a position for each query")
    require(
      (knownCount == 0) == (known == nil), "AttentionSegment: known keys and their count")
    self.queries = queries
    self.queryPositions = queryPositions
    self.keys = keys
    self.knownCount = knownCount
    self.known = known
  }

  /// All positions that can be attended to.
  var length: Int { knownCount + keys.count }
}

/// The rule of an attention: how scores follow from queries and keys, and what a position sees.
public struct AttentionRule: Sendable {
  /// The width of a head.
  public var headWidth: Int
  /// The factor of the products of queries and keys: 1 / √headWidth unless another is said.
  public var scale: Float
  /// The bound of the scores, cap · tanh(score / cap), before anything is masked; nil without one.
  public var softCap: Float?
  /// The number of positions that are seen before a position's own; nil for all.
  public var before: Int?
  /// The number of positions that are seen after a position's own; nil for all.
  public var after: Int?
  /// An addition to the scores.
  public var bias: PositionBias?

  /// A rule for heads of some width: 1 / √headWidth, everything seen, or nothing later than itself.
  public init(headWidth: Int, causal: Bool) {
    self.headWidth = headWidth
    scale = 1 / Float(headWidth).squareRoot()
    after = causal ? 0 : nil
  }

  /// The places that a position sees in a sequence of some length.
  func seen(from position: Int, length: Int) -> Range<Int> {
    let high = after.map { min(position + $0 + 1, length) } ?? length
    let low = before.map { max(0, position - $0) } ?? 0
    return min(low, high)..<high
  }
}

/// An addition to attention scores by head and the place of the key, or by head and pair.
public struct PositionBias: Sendable {
  /// The place from which a key's is counted.
  public enum Origin: Sendable, Equatable {
    /// The beginning of the sequence: a key's column is its position.
    case key
    /// The query's own position, which has this column.
    case query(Int)
    /// Every pair of a query and a key has an addition of its own.
    case pair
  }

  /// The additions: [heads, places]; of pairs one sequence's [heads, queries, keys] after
  /// another's, [numbers].
  public var values: Tensor
  /// The place from which a key's is counted.
  public var origin: Origin

  /// Additions for places from an origin on.
  public init(_ values: Tensor, _ origin: Origin) { (self.values, self.origin) = (values, origin) }

  /// The column of the first position for a query.
  func first(from position: Int) -> Int {
    switch origin {
    case .key, .pair: 0
    case .query(let column): column - position
    }
  }

  /// Tells whether all places in a sequence of some length have a column.
  func covers(_ length: Int) -> Bool {
    switch origin {
    case .key: values.width >= length
    case .query(let column): column >= length - 1 && values.width - column >= length
    case .pair: true
    }
  }
}

extension Tensor {
  /// Softmax attention over packed rows, softmax(Q Kᵀ / √headWidth) V, for each sequence on its
  /// own.
  ///
  /// - Parameters:
  ///   - query: [query rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth]
  ///   - value: [key rows, keyHeads · headWidth]
  ///   - causal: true when a position sees only itself and earlier ones
  ///   - onWeights: as in ``attention(query:key:value:segments:rule:onWeights:)``
  /// - Returns: the heads' mixed values [query rows, heads · headWidth]
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], headWidth: Int,
    causal: Bool, onWeights: (([Tensor]) -> Void)? = nil
  ) -> Tensor {
    attention(
      query: query, key: key, value: value, segments: segments,
      rule: AttentionRule(headWidth: headWidth, causal: causal), onWeights: onWeights)
  }

  /// Softmax attention over packed rows by a rule, for each sequence on its own.
  ///
  /// Grouped-query attention follows from the widths: query head h reads key head
  /// h / (heads / keyHeads). A query that sees nothing gets zeros.
  ///
  /// - Parameters:
  ///   - query: [query rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth]
  ///   - value: [key rows, keyHeads · headWidth]
  ///   - onWeights: a function that is given each sequence's attention weights [heads, queries,
  ///     positions], rows that sum to 1, with 0 for what isn't seen
  /// - Returns: the heads' mixed values [query rows, heads · headWidth]
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], rule: AttentionRule,
    onWeights: (([Tensor]) -> Void)? = nil
  ) -> Tensor {
    let pass = AttentionPass(
      query: query.detached, key: key.detached, value: value.detached, segments: segments,
      rule: rule)
    let (result, kept) = pass.forward()
    onWeights?(pass.weights(kept.probabilities))
    let operands = [query, key, value] + [rule.bias?.values].compactMap(\.self)
    return result.recorded(from: operands) { gradient, needed in
      pass.backward(gradient, kept, needed: needed)
    }
  }
}

/// The operands of one attention, forward and backward.
private struct AttentionPass {
  let query: Tensor
  let key: Tensor
  let value: Tensor
  let segments: [AttentionSegment]
  let rule: AttentionRule
  let heads: Int
  let keyHeads: Int
  /// The start of each segment's probabilities [heads, queries, length].
  private let starts: [Int]

  init(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], rule: AttentionRule
  ) {
    (self.query, self.key, self.value) = (query, key, value)
    (self.segments, self.rule) = (segments, rule)
    let headWidth = rule.headWidth
    heads = query.width / headWidth
    keyHeads = key.width / headWidth
    require(
      query.width % headWidth == 0 && key.width % headWidth == 0 && keyHeads > 0
        && heads % keyHeads == 0 && key.shape == value.shape,
      "attention: query \(query.shape), key \(key.shape), value \(value.shape), heads of \(headWidth)"
    )
    require(
      segments.allSatisfy { $0.queries.upperBound <= query.rows && $0.keys.upperBound <= key.rows },
      "attention: a segment lies outside the rows")
    require(
      segments.allSatisfy { segment in
        segment.known.map { known in
          known.keys.rows >= segment.knownCount && known.values.rows >= segment.knownCount
            && known.keys.width == key.width && known.values.width == key.width
        } ?? true
      },
      "attention: known keys and values that do not fit the known count or the width \(key.width)")
    require(
      segments.allSatisfy { segment in
        segment.queries.isEmpty
          || (segment.length > 0 && segment.queryPositions.allSatisfy { $0 >= 0 })
      },
      "attention: a segment without keys, or a negative position")
    var total = 0
    var starts: [Int] = []
    for segment in segments {
      starts.append(total)
      total += heads * segment.queries.count * segment.length
    }
    self.starts = starts + [total]
    if let bias = rule.bias {
      let longest = segments.map(\.length).max() ?? 0
      require(
        bias.origin == .pair
          ? bias.values.shape == [total]
          : bias.values.shape.count == 2 && bias.values.rows == heads && bias.covers(longest),
        "attention: a bias \(bias.values.shape) from \(bias.origin) on for \(heads) heads and "
          + "\(longest) positions")
    }
  }

  /// The addition to the score of a query and the first key.
  private func biasStart(
    _ bias: PositionBias, segment index: Int, head: Int, row: Int
  ) -> Int {
    let segment = segments[index]
    guard bias.origin != .pair else {
      return starts[index] + (head * segment.queries.count + row) * segment.length
    }
    return head * bias.values.width + bias.first(from: segment.queryPositions[row])
  }

  /// Runs `body` for every (segment, key head) on the pool: no two of them write the same memory.
  private func forEachGroup(_ body: (_ segment: Int, _ keyHead: Int) -> Void) {
    Parallel.forEach(segments.count * keyHeads) { unit in body(unit / keyHeads, unit % keyHeads) }
  }

  /// The query heads that read one key head.
  private func group(_ keyHead: Int) -> Range<Int> {
    let size = heads / keyHeads
    return keyHead * size..<(keyHead + 1) * size
  }

  /// What a backward pass needs: the probabilities, and the tangents of capped scores.
  struct Kept {
    let probabilities: Tensor
    let tangents: Tensor?
  }

  func forward() -> (Tensor, Kept) {
    let headWidth = rule.headWidth
    // Zeros, because a row may belong to no segment.
    let result = Tensor.zeros(query.shape)
    let probabilities = Tensor(uninitialized: [starts.last!])
    let tangents = rule.softCap.map { _ in Tensor(uninitialized: [starts.last!]) }
    forEachGroup { index, keyHead in
      let segment = segments[index]
      let (count, length) = (segment.queries.count, segment.length)
      let newKeys = key.pointer + segment.keys.lowerBound * key.width + keyHead * headWidth
      let newValues = value.pointer + segment.keys.lowerBound * key.width + keyHead * headWidth
      for head in group(keyHead) {
        let queries = query.pointer + segment.queries.lowerBound * query.width + head * headWidth
        let out = result.pointer + segment.queries.lowerBound * query.width + head * headWidth
        let scores = probabilities.pointer + starts[index] + head * count * length
        if let known = segment.known {
          Kernels.product(
            queries, query.width, known.keys.pointer + keyHead * headWidth, key.width,
            bTransposed: true, into: scores, length, m: count, n: segment.knownCount, k: headWidth)
        }
        Kernels.product(
          queries, query.width, newKeys, key.width, bTransposed: true,
          into: scores + segment.knownCount, length, m: count, n: segment.keys.count, k: headWidth)
        for row in 0..<count {
          normalize(
            scores + row * length,
            tangents.map { $0.pointer + (scores - probabilities.pointer) + row * length },
            bias: rule.bias.map {
              $0.values.pointer + biasStart($0, segment: index, head: head, row: row)
            }, position: segment.queryPositions[row], length: length)
        }
        Kernels.product(
          scores + segment.knownCount, length, newValues, key.width, into: out, query.width,
          m: count, n: headWidth, k: segment.keys.count)
        if let known = segment.known {
          Kernels.product(
            scores, length, known.values.pointer + keyHead * headWidth, key.width, into: out,
            query.width, m: count, n: headWidth, k: segment.knownCount, accumulating: true)
        }
      }
    }
    return (result, Kept(probabilities: probabilities, tangents: tangents))
  }

  /// Turns a row of products into probabilities, in place.
  private func normalize(
    _ scores: UnsafeMutablePointer<Float>, _ tangents: UnsafeMutablePointer<Float>?,
    bias: UnsafePointer<Float>?, position: Int, length: Int
  ) {
    let seen = rule.seen(from: position, length: length)
    for place in 0..<seen.lowerBound { scores[place] = 0 }
    let first = scores + seen.lowerBound
    guard !seen.isEmpty else {
      for place in seen.lowerBound..<length { scores[place] = 0 }
      return
    }
    var scale = rule.scale
    if let cap = rule.softCap, let tangents {
      ck_soft_cap(first, tangents + seen.lowerBound, scale / cap, cap, seen.count)
      scale = 1
    }
    if let bias {
      if scale != 1 { ck_scale(first, scale, first, seen.count) }
      scale = 1
      ck_add(first, bias + seen.lowerBound, first, seen.count)
    }
    ck_softmax(first, scale, seen.count, length - seen.lowerBound)
  }

  /// Each segment's part of the probabilities: [heads, queries, length].
  func weights(_ probabilities: Tensor) -> [Tensor] {
    zip(segments, starts).map { segment, start in
      Tensor(
        shape: [heads, segment.queries.count, segment.length], storage: probabilities.storage,
        offset: probabilities.offset + start)
    }
  }

  func backward(
    _ gradient: Tensor, _ kept: Kept, needed: [Bool]
  ) -> [Tensor?] {
    let (headWidth, probabilities) = (rule.headWidth, kept.probabilities)
    let dQuery = needed[0] ? Tensor.zeros(query.shape) : nil
    let dKey = needed[1] ? Tensor.zeros(key.shape) : nil
    let dValue = needed[2] ? Tensor.zeros(value.shape) : nil
    // Each sequence's own, so that no two of them write the same memory.
    let dBias = rule.bias.flatMap { bias in
      needed[3]
        ? Tensor.zeros([bias.origin == .pair ? 1 : segments.count, bias.values.count]) : nil
    }
    let scratch = Tensor(uninitialized: [starts.last!])
    forEachGroup { index, keyHead in
      let segment = segments[index]
      let (count, length, known) = (segment.queries.count, segment.length, segment.knownCount)
      let keyStart = segment.keys.lowerBound * key.width + keyHead * headWidth
      for head in group(keyHead) {
        let start = segment.queries.lowerBound * query.width + head * headWidth
        let weights = probabilities.pointer + starts[index] + head * count * length
        if let dValue {
          Kernels.product(
            weights + known, length, aTransposed: true, gradient.pointer + start, query.width,
            into: dValue.pointer + keyStart, key.width, m: segment.keys.count, n: headWidth,
            k: count, accumulating: true)
        }
        guard dQuery != nil || dKey != nil || dBias != nil else { continue }
        let dScores = scratch.pointer + starts[index] + head * count * length
        if let stored = segment.known {
          Kernels.product(
            gradient.pointer + start, query.width, stored.values.pointer + keyHead * headWidth,
            key.width, bTransposed: true, into: dScores, length, m: count, n: known, k: headWidth)
        }
        Kernels.product(
          gradient.pointer + start, query.width, value.pointer + keyStart, key.width,
          bTransposed: true, into: dScores + known, length, m: count, n: segment.keys.count,
          k: headWidth)
        for row in 0..<count {
          let (own, position) = (dScores + row * length, segment.queryPositions[row])
          let isPlain = rule.softCap == nil && rule.bias == nil
          ck_softmax_gradient(weights + row * length, own, isPlain ? rule.scale : 1, length)
          if let bias = rule.bias, let dBias {
            let sums = dBias.pointer + (bias.origin == .pair ? 0 : index * bias.values.count)
            let places = sums + biasStart(bias, segment: index, head: head, row: row)
            ck_add(places, own, places, length)
          }
          if rule.softCap != nil, let tangents = kept.tangents {
            let seen = rule.seen(from: position, length: length)
            let first = own + seen.lowerBound
            let kept = tangents.pointer + starts[index] + (head * count + row) * length
            ck_soft_cap_gradient(kept + seen.lowerBound, first, rule.scale, seen.count)
          } else if !isPlain {
            ck_scale(own, rule.scale, own, length)
          }
        }
        if let dQuery {
          Kernels.product(
            dScores + known, length, key.pointer + keyStart, key.width,
            into: dQuery.pointer + start, query.width, m: count, n: headWidth,
            k: segment.keys.count)
          if let stored = segment.known {
            Kernels.product(
              dScores, length, stored.keys.pointer + keyHead * headWidth, key.width,
              into: dQuery.pointer + start, query.width, m: count, n: headWidth, k: known,
              accumulating: true)
          }
        }
        if let dKey {
          Kernels.product(
            dScores + known, length, aTransposed: true, query.pointer + start, query.width,
            into: dKey.pointer + keyStart, key.width, m: segment.keys.count, n: headWidth,
            k: count, accumulating: true)
        }
      }
    }
    // The sum over sequences, in the shape of the additions.
    let gradients = rule.bias.map { bias in
      [dBias?.columnSums().reshaped(bias.values.shape)]
    }
    return withExtendedLifetime(scratch) { [dQuery, dKey, dValue] + (gradients ?? []) }
  }
}

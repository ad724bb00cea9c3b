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

extension Tensor {
  /// Softmax attention over packed rows, softmax(Q Kᵀ / √headWidth) V, for each sequence on its
  /// own.
  ///
  /// Grouped-query attention follows from the widths: query head h reads key head
  /// h / (heads / keyHeads).
  ///
  /// - Parameters:
  ///   - query: [query rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth]
  ///   - value: [key rows, keyHeads · headWidth]
  ///   - causal: true when a position sees only itself and earlier ones
  ///   - onWeights: a function that is given each sequence's attention weights [heads, queries,
  ///     positions], rows that sum to 1, with 0 for what isn't seen
  /// - Returns: the heads' mixed values [query rows, heads · headWidth]
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], headWidth: Int,
    causal: Bool, onWeights: (([Tensor]) -> Void)? = nil
  ) -> Tensor {
    let pass = AttentionPass(
      query: query.detached, key: key.detached, value: value.detached, segments: segments,
      headWidth: headWidth, causal: causal)
    let (result, probabilities) = pass.forward()
    onWeights?(pass.weights(probabilities))
    return result.recorded(from: [query, key, value]) { gradient, needed in
      pass.backward(gradient, probabilities: probabilities, needed: needed)
    }
  }
}

/// The operands of one attention, forward and backward.
private struct AttentionPass {
  let query: Tensor
  let key: Tensor
  let value: Tensor
  let segments: [AttentionSegment]
  let headWidth: Int
  let causal: Bool
  let heads: Int
  let keyHeads: Int
  let scale: Float
  /// The start of each segment's probabilities [heads, queries, length].
  private let starts: [Int]

  init(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], headWidth: Int,
    causal: Bool
  ) {
    (self.query, self.key, self.value) = (query, key, value)
    (self.segments, self.headWidth, self.causal) = (segments, headWidth, causal)
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
    scale = 1 / Float(headWidth).squareRoot()
    var total = 0
    var starts: [Int] = []
    for segment in segments {
      starts.append(total)
      total += heads * segment.queries.count * segment.length
    }
    self.starts = starts + [total]
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

  private func allowed(_ segment: AttentionSegment, _ query: Int) -> Int {
    causal ? min(segment.queryPositions[query] + 1, segment.length) : segment.length
  }

  func forward() -> (Tensor, probabilities: Tensor) {
    // Zeros, because a row may belong to no segment.
    let result = Tensor.zeros(query.shape)
    let probabilities = Tensor(uninitialized: [starts.last!])
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
          ck_softmax(scores + row * length, scale, allowed(segment, row), length)
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
    return (result, probabilities)
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
    _ gradient: Tensor, probabilities: Tensor, needed: [Bool]
  ) -> [Tensor?] {
    let dQuery = needed[0] ? Tensor.zeros(query.shape) : nil
    let dKey = needed[1] ? Tensor.zeros(key.shape) : nil
    let dValue = needed[2] ? Tensor.zeros(value.shape) : nil
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
        guard dQuery != nil || dKey != nil else { continue }
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
          ck_softmax_gradient(weights + row * length, dScores + row * length, scale, length)
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
    return withExtendedLifetime(scratch) { [dQuery, dKey, dValue] }
  }
}

import CInterchangeKernels
import InterchangeBasics

/// The plan of one attention: where each head's scores of each sequence are, and the steps from
/// queries and keys to scores, to weights, to mixed values, forward and backward.
///
/// The steps of one head follow one another in ``forward(_:_:_:)``, or each is done for all heads,
/// where somebody looks at what is in between; the arithmetic is the same.
struct AttentionPass {
  let segments: [AttentionSegment]
  let rule: AttentionRule
  let heads: Int
  let keyHeads: Int
  /// The rows and the width of the query matrix.
  let queryRows: Int
  let queryWidth: Int
  /// The same of keys and values.
  let keyRows: Int
  let keyWidth: Int
  /// The start of each segment's scores [heads, queries, length], and last their number.
  let starts: [Int]

  init(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], rule: AttentionRule
  ) {
    (self.segments, self.rule) = (segments, rule)
    let headWidth = rule.headWidth
    (queryRows, queryWidth) = (query.rows, query.width)
    (keyRows, keyWidth) = (key.rows, key.width)
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

  /// The number of scores.
  var count: Int { starts[starts.count - 1] }

  /// One head's share of one segment.
  struct Part {
    let index: Int
    let head: Int
    let segment: AttentionSegment
    /// The number of queries.
    let count: Int
    /// The number of positions that there are.
    let length: Int
    let known: Int
    /// The place of its first score [queries, length].
    let scores: Int
    /// The places of its first elements in the matrices of queries and of keys.
    let query: Int
    let key: Int
    /// The column of its key head.
    let column: Int
  }

  private func part(_ index: Int, head: Int) -> Part {
    let segment = segments[index]
    let (count, length) = (segment.queries.count, segment.length)
    let column = head / (heads / keyHeads) * rule.headWidth
    return Part(
      index: index, head: head, segment: segment, count: count, length: length,
      known: segment.knownCount, scores: starts[index] + head * count * length,
      query: segment.queries.lowerBound * queryWidth + head * rule.headWidth,
      key: segment.keys.lowerBound * keyWidth + column, column: column)
  }

  /// Runs `body` for every part on the pool: those of one key head one after another, so that no
  /// two write the same memory at once.
  func forEachPart(_ body: (Part) -> Void) {
    let size = heads / keyHeads
    Parallel.forEach(segments.count * keyHeads) { unit in
      for head in unit % keyHeads * size..<(unit % keyHeads + 1) * size {
        body(part(unit / keyHeads, head: head))
      }
    }
  }

  /// The positions that a query of a part sees.
  func seen(_ part: Part, row: Int) -> Range<Int> {
    rule.seen(from: part.segment.queryPositions[row], length: part.length)
  }

  /// The factor of the scores that only their softmax applies.
  var factor: Float { rule.softCap == nil && rule.bias == nil ? rule.scale : 1 }

  /// The needs of a backward pass: the weights, and the tangents of capped scores.
  struct Kept {
    let weights: Tensor
    let tangents: Tensor?
  }

  func forward(_ query: Tensor, _ key: Tensor, _ value: Tensor) -> (Tensor, Kept) {
    // Zeros, because a row may belong to no segment.
    let result = Tensor.zeros(query.shape)
    let weights = Tensor(uninitialized: [count])
    let tangents = newTangents()
    forEachPart { part in
      writeScores(part, query, key, weights, tangents)
      softmax(part, weights)
      mix(part, weights, value, result)
    }
    return (result, Kept(weights: weights, tangents: tangents))
  }

  /// Room for the tangents of capped scores.
  func newTangents() -> Tensor? { rule.softCap.map { _ in Tensor(uninitialized: [count]) } }

  /// Writes a part's scores but for the ``factor``; what isn't seen is a mere product.
  func writeScores(
    _ part: Part, _ query: Tensor, _ key: Tensor, _ scores: Tensor, _ tangents: Tensor?
  ) {
    let (own, first) = (query.pointer + part.query, scores.pointer + part.scores)
    let (count, length, width) = (part.count, part.length, rule.headWidth)
    if let known = part.segment.known {
      Kernels.product(
        own, queryWidth, known.keys.pointer + part.column, keyWidth, bTransposed: true,
        into: first, length, m: count, n: part.known, k: width)
    }
    Kernels.product(
      own, queryWidth, key.pointer + part.key, keyWidth, bTransposed: true,
      into: first + part.known, length, m: count, n: part.segment.keys.count, k: width)
    guard rule.softCap != nil || rule.bias != nil else { return }
    for row in 0..<count {
      let seen = seen(part, row: row)
      guard !seen.isEmpty else { continue }
      let place = row * length + seen.lowerBound
      var scale = rule.scale
      if let cap = rule.softCap, let tangents {
        ck_soft_cap(
          first + place, tangents.pointer + part.scores + place, scale / cap, cap, seen.count)
        scale = 1
      }
      guard let bias = rule.bias else { continue }
      if scale != 1 { ck_scale(first + place, scale, first + place, seen.count) }
      let addition = bias.values.pointer + biasStart(bias, part, row: row) + seen.lowerBound
      ck_add(first + place, addition, first + place, seen.count)
    }
  }

  /// Turns a part's scores into weights, in place.
  func softmax(_ part: Part, _ scores: Tensor) {
    for row in 0..<part.count {
      let own = scores.pointer + part.scores + row * part.length
      let seen = seen(part, row: row)
      for place in 0..<seen.lowerBound { own[place] = 0 }
      guard !seen.isEmpty else {
        for place in seen.lowerBound..<part.length { own[place] = 0 }
        continue
      }
      ck_softmax(
        own + seen.lowerBound, factor, seen.count, part.length - seen.lowerBound)
    }
  }

  /// Writes the values that a part's weights mix.
  func mix(_ part: Part, _ weights: Tensor, _ value: Tensor, _ result: Tensor) {
    let (own, out) = (weights.pointer + part.scores, result.pointer + part.query)
    Kernels.product(
      own + part.known, part.length, value.pointer + part.key, keyWidth, into: out, queryWidth,
      m: part.count, n: rule.headWidth, k: part.segment.keys.count)
    if let known = part.segment.known {
      Kernels.product(
        own, part.length, known.values.pointer + part.column, keyWidth, into: out, queryWidth,
        m: part.count, n: rule.headWidth, k: part.known, accumulating: true)
    }
  }

  /// The place of the addition to the score of a query and the first key.
  func biasStart(_ bias: PositionBias, _ part: Part, row: Int) -> Int {
    guard bias.origin != .pair else { return part.scores + row * part.length }
    return part.head * bias.values.width + bias.first(from: part.segment.queryPositions[row])
  }
}

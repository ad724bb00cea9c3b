import CInterchangeKernels
import InterchangeBasics

extension Tensor {
  /// Softmax attention as ``attention(query:key:value:segments:rule:)`` computes it, whose scores
  /// and weights are looked at and changed on the way: to the bit the same where nothing is
  /// changed.
  ///
  /// Both are rows of queries [query rows, heads · keys], the positions of one head after those of
  /// another. What a query doesn't see is 0 there, and stays unseen whatever takes its place.
  ///
  /// - Parameters:
  ///   - keys: the positions that each head's part of a row has room for: at least as many as the
  ///     longest sequence's
  ///   - onScores: from the scores, with all that is added to them, to those that take their place;
  ///     nil: nobody looks
  ///   - onWeights: the same of their softmax
  /// - Returns: the heads' mixed values [query rows, heads · headWidth]
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], rule: AttentionRule,
    keys: Int, onScores: ((Tensor) -> Tensor)?, onWeights: ((Tensor) -> Tensor)?
  ) -> Tensor {
    let pass = AttentionPass(
      query: query.detached, key: key.detached, value: value.detached, segments: segments,
      rule: rule)
    require(
      segments.allSatisfy { $0.length <= keys },
      "attention: sequences longer than the room for \(keys) positions")
    var scores = pass.scores(query, key)
    if let onScores { scores = pass.visited(scores, factor: pass.factor, keys, onScores) }
    var weights = pass.weights(scores)
    if let onWeights { weights = pass.visited(weights, factor: 1, keys, onWeights) }
    return pass.mixed(weights, value)
  }
}

extension AttentionPass {
  /// The scores of all parts but for the ``factor``: [count].
  fileprivate func scores(_ query: Tensor, _ key: Tensor) -> Tensor {
    let (own, keys) = (query.detached, key.detached)
    let result = Tensor(uninitialized: [count])
    let tangents = newTangents()
    forEachPart { writeScores($0, own, keys, result, tangents) }
    let operands = [query, key] + [rule.bias?.values].compactMap(\.self)
    return result.recorded(from: operands) { gradient, needed in
      let sums = ScoreGradients(
        self, query: needed[0], key: needed[1], bias: needed.count > 2 && needed[2])
      // Written over on the way.
      let scratch = Tensor(uninitialized: [count])
      scratch.pointer.update(from: gradient.pointer, count: count)
      forEachPart { addScoreGradient($0, scratch, own, keys, tangents, sums) }
      return withExtendedLifetime(scratch) { [sums.query, sums.key] + sums.bias(of: self) }
    }
  }

  /// The weights of all parts: [count].
  fileprivate func weights(_ scores: Tensor) -> Tensor {
    let result = Tensor(uninitialized: [count])
    result.pointer.update(from: scores.pointer, count: count)
    forEachPart { softmax($0, result) }
    let weights = result
    return result.recorded(from: [scores]) { gradient, _ in
      let own = Tensor(uninitialized: [count])
      own.pointer.update(from: gradient.pointer, count: count)
      forEachPart { softmaxGradient($0, weights, own) }
      return [own]
    }
  }

  /// The heads' mixed values.
  fileprivate func mixed(_ weights: Tensor, _ value: Tensor) -> Tensor {
    let (own, values) = (weights.detached, value.detached)
    // Zeros, because a row may belong to no segment.
    let result = Tensor.zeros([queryRows, queryWidth])
    forEachPart { mix($0, own, values, result) }
    return result.recorded(from: [weights, value]) { gradient, needed in
      let dWeights = needed[0] ? Tensor(uninitialized: [count]) : nil
      let dValue = needed[1] ? Tensor.zeros(values.shape) : nil
      forEachPart { part in
        if let dWeights { writeWeightGradient(part, gradient, values, dWeights) }
        if let dValue { addValueGradient(part, own, gradient, dValue) }
      }
      return [dWeights, dValue]
    }
  }

  /// Numbers of all parts, after somebody has looked at them as rows of queries.
  ///
  /// - Parameter factor: that of what is looked at
  fileprivate func visited(
    _ packed: Tensor, factor: Float, _ keys: Int, _ visit: (Tensor) -> Tensor
  ) -> Tensor {
    let rows = rows(packed, factor: factor, keys)
    let edited = visit(rows)
    require(
      edited.shape == rows.shape, "attention: expected \(rows.shape), got \(edited.shape)")
    guard edited.storage !== rows.storage || edited.offset != rows.offset else { return packed }
    return replacing(packed, rows.detached, with: edited, factor: factor, keys)
  }

  /// Runs `body` for what each query sees with its place among all numbers and in the rows.
  private func forEachSeen(
    _ keys: Int, _ body: (_ place: Int, _ rowPlace: Int, _ count: Int) -> Void
  ) {
    forEachPart { part in
      for row in 0..<part.count {
        let seen = seen(part, row: row)
        guard !seen.isEmpty else { continue }
        body(
          part.scores + row * part.length + seen.lowerBound,
          ((part.segment.queries.lowerBound + row) * heads + part.head) * keys + seen.lowerBound,
          seen.count)
      }
    }
  }

  /// The seen numbers times a factor, in rows [query rows, heads · keys]; 0 elsewhere.
  private func rows(_ packed: Tensor, factor: Float, _ keys: Int) -> Tensor {
    let result = Tensor.zeros([queryRows, heads * keys])
    forEachSeen(keys) { place, rowPlace, count in
      ck_scale(packed.pointer + place, factor, result.pointer + rowPlace, count)
    }
    return result.recorded(from: [packed]) { gradient, _ in
      let own = Tensor.zeros([count])
      forEachSeen(keys) { place, rowPlace, count in
        ck_scale(gradient.pointer + rowPlace, factor, own.pointer + place, count)
      }
      return [own]
    }
  }

  /// The numbers with what is seen in rows divided by the factor; those that are as they were read
  /// keep all their bits.
  private func replacing(
    _ packed: Tensor, _ read: Tensor, with edited: Tensor, factor: Float, _ keys: Int
  ) -> Tensor {
    let result = Tensor(uninitialized: [count])
    result.pointer.update(from: packed.pointer, count: count)
    forEachSeen(keys) { place, rowPlace, count in
      for index in 0..<count {
        let (old, new) = (read.pointer[rowPlace + index], edited.pointer[rowPlace + index])
        if new != old { result.pointer[place + index] = new / factor }
      }
    }
    return result.recorded(from: [packed, edited]) { gradient, needed in
      let own = needed[0] ? Tensor(uninitialized: [count]) : nil
      own?.pointer.update(from: gradient.pointer, count: count)
      let others = needed[1] ? Tensor.zeros([queryRows, heads * keys]) : nil
      forEachSeen(keys) { place, rowPlace, count in
        own.map { ($0.pointer + place).update(repeating: 0, count: count) }
        others.map {
          ck_scale(gradient.pointer + place, 1 / factor, $0.pointer + rowPlace, count)
        }
      }
      return [own, others]
    }
  }
}

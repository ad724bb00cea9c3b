import Foundation
import InterchangeTensors
import Testing

/// Attention whose scores and weights are read and changed on the way.
@Suite struct VisitedAttentionTests {
  private static let (heads, keyHeads, headWidth, room) = (4, 2, 5, 14)

  /// One number that a query of the packed rows has for a position that it sees.
  private func forEachSeen(
    _ packed: PackedSequences, _ rule: ReferenceRule,
    _ body: (_ row: Int, _ head: Int, _ query: Int, _ key: Int, _ product: Double) -> Void
  ) {
    for segment in packed.segments {
      for (index, position) in segment.queryPositions.enumerated() {
        let row = segment.queries.lowerBound + index
        for head in 0..<Self.heads {
          let column = head * Self.keyHeads / Self.heads * Self.headWidth
          for key in 0..<segment.knownCount + segment.keys.count where rule.sees(position, key) {
            let product = (0..<Self.headWidth).reduce(0.0) { sum, place in
              let other =
                key < segment.knownCount
                ? segment.known!.keys[key, column + place]
                : packed.key[segment.keys.lowerBound + key - segment.knownCount, column + place]
              return sum
                + Double(packed.query[row, head * Self.headWidth + place]) * Double(other)
            }
            body(row, head, position, key, product)
          }
        }
      }
    }
  }

  private func packed(_ batch: [Extent]) -> PackedSequences {
    PackedSequences(
      batch, heads: Self.heads, keyHeads: Self.keyHeads, headWidth: Self.headWidth, seed: 91)
  }

  /// Scores and weights are those of plain loops, 0 for what isn't seen; looking at them, or
  /// putting back what was read, changes no bit.
  @Test(arguments: AttentionRuleTests.rules, AttentionRuleTests.batches)
  func readAndPutBack(rule: RuleCase, batch: [Extent]) throws {
    let packed = packed(batch)
    let own = rule.rule(headWidth: Self.headWidth)
    let leaves = [packed.query, packed.key, packed.value].map { $0.requiringGradient() }
    let plain = Tensor.attention(
      query: leaves[0], key: leaves[1], value: leaves[2], segments: packed.segments, rule: own)
    var read: [Tensor] = []
    for isCopied in [false, true] {
      func visit(_ rows: Tensor) -> Tensor {
        read.append(rows.detached)
        return isCopied ? rows - Tensor.zeros(rows.shape) : rows
      }
      let visited = Tensor.attention(
        query: leaves[0], key: leaves[1], value: leaves[2], segments: packed.segments, rule: own,
        keys: Self.room, onScores: visit, onWeights: visit)
      #expect(visited.elements == plain.elements, "\(rule.testDescription)")
      let gradients = [visited, plain].map { ($0 * $0).sum().gradients(of: leaves) }
      for (found, expected) in zip(gradients[0], gradients[1]) {
        expectClose(found, expected, absolute: 1e-5, rule.testDescription)
      }
    }
    let reference = rule.reference(headWidth: Self.headWidth)
    var scores = Matrix(zeros: packed.query.rows, Self.heads * Self.room)
    forEachSeen(packed, reference) { row, head, _, key, product in
      scores[row, head * Self.room + key] = reference.score(product)
    }
    expectClose(read[0], scores.elements, "scores, \(rule.testDescription)")
    var weights = Matrix(zeros: packed.query.rows, Self.heads * Self.room)
    forEachSeen(packed, reference) { row, head, query, key, product in
      var total = 0.0
      forEachSeen(packed, reference) { other, otherHead, _, _, product in
        if other == row && otherHead == head { total += exp(reference.score(product)) }
      }
      weights[row, head * Self.room + key] = exp(reference.score(product)) / total
    }
    expectClose(read[1], weights.elements, "weights, \(rule.testDescription)")
  }

  /// Scores that are put in the place of others are attended by; what isn't seen stays unseen.
  @Test(arguments: AttentionRuleTests.rules)
  func scoresPutIn(rule: RuleCase) {
    let packed = packed([Extent(known: 3, new: 4), Extent(new: 6, asking: [5, 1])])
    var samples = Samples(seed: 92)
    let scores = samples.normal([packed.query.rows, Self.heads * Self.room])
    let reference = rule.reference(headWidth: Self.headWidth)
    checkOperation(
      [scores, packed.value], absolute: 4e-6, gradientAbsolute: 1e-5,
      "scores put in, \(rule.testDescription)",
      operation: { operands in
        Tensor.attention(
          query: packed.query, key: packed.key, value: operands[1], segments: packed.segments,
          rule: rule.rule(headWidth: Self.headWidth), keys: Self.room,
          onScores: { _ in operands[0] },
          onWeights: nil)
      },
      reference: { operands in
        self.mixed(packed, reference, operands[1]) { row, head in
          let seen = self.seen(packed, reference, row, head)
          let powers = seen.map { exp(operands[0][row, head * Self.room + $0]) }
          return zip(seen, powers).map { ($0, $1 / powers.reduce(0, +)) }
        }
      })
  }

  /// Weights that are put in mix the values, whatever they sum to.
  @Test(arguments: AttentionRuleTests.rules)
  func weightsPutIn(rule: RuleCase) {
    let packed = packed([Extent(known: 3, new: 4), Extent(new: 6, asking: [5, 1])])
    var samples = Samples(seed: 93)
    let weights = samples.normal([packed.query.rows, Self.heads * Self.room])
    let reference = rule.reference(headWidth: Self.headWidth)
    checkOperation(
      [weights, packed.value], absolute: 4e-6, gradientAbsolute: 1e-5,
      "weights put in, \(rule.testDescription)",
      operation: { operands in
        Tensor.attention(
          query: packed.query, key: packed.key, value: operands[1], segments: packed.segments,
          rule: rule.rule(headWidth: Self.headWidth), keys: Self.room, onScores: nil,
          onWeights: { _ in operands[0] })
      },
      reference: { operands in
        self.mixed(packed, reference, operands[1]) { row, head in
          self.seen(packed, reference, row, head).map {
            ($0, operands[0][row, head * Self.room + $0])
          }
        }
      })
  }

  private func seen(
    _ packed: PackedSequences, _ rule: ReferenceRule, _ row: Int, _ head: Int
  ) -> [Int] {
    var keys: [Int] = []
    forEachSeen(packed, rule) { other, otherHead, _, key, _ in
      if other == row && otherHead == head { keys.append(key) }
    }
    return keys
  }

  /// Values mixed by each row's and head's weights of positions.
  private func mixed(
    _ packed: PackedSequences, _ rule: ReferenceRule, _ value: Matrix,
    weights: (_ row: Int, _ head: Int) -> [(key: Int, weight: Double)]
  ) -> [Double] {
    var result = Matrix(zeros: packed.query.rows, packed.query.width)
    for segment in packed.segments {
      for row in segment.queries {
        for head in 0..<Self.heads {
          let column = head * Self.keyHeads / Self.heads * Self.headWidth
          for (key, weight) in weights(row, head) {
            for place in 0..<Self.headWidth {
              let own =
                key < segment.knownCount
                ? Double(segment.known!.values[key, column + place])
                : value[segment.keys.lowerBound + key - segment.knownCount, column + place]
              result[row, head * Self.headWidth + place] += weight * own
            }
          }
        }
      }
    }
    return result.elements
  }
}

import InterchangeTensors
import Testing

/// Additions to attention scores by pair: those by distance, written out, come to the same.
@Suite struct AttentionBiasTests {
  @Test func pairsOfTheSameDistance() throws {
    let (heads, headWidth, length) = (3, 4, 9)
    let packed = PackedSequences(
      [Extent(new: 7), Extent(new: 9, asking: [0, 4, 8])], heads: heads, keyHeads: heads,
      headWidth: headWidth, seed: 11)
    var samples = Samples(seed: 12)
    let table = samples.normal([heads, 2 * length - 1]).requiringGradient()
    // One row of the table for each number that a pair has.
    var places: [Int] = []
    for segment in packed.segments {
      for head in 0..<heads {
        for position in segment.queryPositions {
          places += (0..<segment.keys.count).map {
            head * table.width + length - 1 + $0 - position
          }
        }
      }
    }
    func mixed(_ bias: PositionBias) -> (Tensor, [Tensor]) {
      let operands = [packed.query, packed.key, packed.value].map { $0.requiringGradient() }
      var rule = AttentionRule(headWidth: headWidth, causal: false)
      (rule.bias, rule.before) = (bias, 5)
      let result = Tensor.attention(
        query: operands[0], key: operands[1], value: operands[2], segments: packed.segments,
        rule: rule)
      let weights = Tensor(
        (0..<result.count).map { Float($0 % 7) - 2 }, shape: [result.count, 1])
      let sum = result.reshaped([1, result.count]).matrixProduct(weights).reshaped([])
      return (result, sum.gradients(of: operands + [table]))
    }
    let byDistance = mixed(PositionBias(table, .query(length - 1)))
    let pairs = table.reshaped([table.count, 1]).gatherRows(places).reshaped([places.count])
    let byPair = mixed(PositionBias(pairs, .pair))
    #expect(byPair.0.elements == byDistance.0.elements)
    for (found, expected) in zip(byPair.1, byDistance.1) {
      #expect(found.shape == expected.shape)
      #expect(
        zip(found.elements, expected.elements).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    #expect(byPair.1[3].elements.contains { abs($0) > 1e-2 })
  }
}

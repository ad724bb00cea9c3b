import Foundation
import InterchangeTensors
import Testing

/// Weights of chosen experts, and rows times their factors.
@Suite struct RoutingTests {
  /// The experts of one row by the definition: those whose scores fewer than `count` others are
  /// before, a score being before another when it is larger, or equal and to the left.
  private func chosen(_ scores: [Double], _ count: Int) -> [Int] {
    func before(_ expert: Int) -> Int {
      scores.indices.filter {
        scores[$0] > scores[expert] || (scores[$0] == scores[expert] && $0 < expert)
      }.count
    }
    return (0..<count).map { place in scores.indices.first { before($0) == place }! }
  }

  private func weights(_ scores: Matrix, _ count: Int, isNormalized: Bool) -> [Double] {
    (0..<scores.rows).flatMap { row -> [Double] in
      let own = (0..<scores.width).map { scores[row, $0] }
      let experts = chosen(own, count)
      let among = isNormalized ? experts : Array(own.indices)
      let total = among.reduce(0) { $0 + exp(own[$1]) }
      return experts.map { exp(own[$0]) / total }
    }
  }

  /// (rows, experts, chosen)
  static let sizes: [[Int]] = [
    [1, 1, 1], [3, 2, 1], [5, 4, 2], [7, 8, 3], [2, 6, 6], [17, 16, 4],
  ]

  @Test(arguments: sizes, [true, false])
  func matchesPlainLoops(size: [Int], isNormalized: Bool) {
    let (rows, width, count) = (size[0], size[1], size[2])
    var samples = Samples(seed: 91)
    let scores = samples.normal([rows, width])
    let expected = (0..<rows).map { row in
      chosen((0..<width).map { Double(scores.elements[row * width + $0]) }, count)
    }
    #expect(scores.routed(to: count, isNormalized: isNormalized).experts == expected)
    checkOperation(
      [scores], "routed to \(count) of \(width), normalized \(isNormalized)",
      operation: { $0[0].routed(to: count, isNormalized: isNormalized).weights },
      reference: { weights($0[0], count, isNormalized: isNormalized) })
  }

  @Test func ofEqualScoresTheFirst() {
    let scores = Tensor([1, 3, 3, 1, 2, 2, 2, 2], shape: [2, 4])
    let routed = scores.routed(to: 3, isNormalized: true)
    #expect(routed.experts == [[1, 2, 0], [0, 1, 2]])
    expectClose(routed.weights.rowSlice(1..<2), [1.0 / 3, 1.0 / 3, 1.0 / 3])
  }

  @Test func hugeScoresStayFinite() {
    let scores = Tensor([3e38, -3e38, 1e30], shape: [1, 3]).requiringGradient()
    let weights = scores.routed(to: 2, isNormalized: false).weights
    #expect(weights.elements == [1, 0])
    #expect(weights.sum().gradients(of: [scores])[0].elements == [0, 0, 0])
  }

  @Test(arguments: [[1, 1], [3, 5], [9, 16]])
  func rowsTimesTheirFactors(shape: [Int]) {
    var samples = Samples(seed: 92)
    let operands = [samples.normal(shape), samples.normal([shape[0], 1])]
    checkOperation(
      operands, "scalingRows",
      operation: { $0[0].scalingRows(by: $0[1]) },
      reference: { operands in
        (0..<operands[0].rows).flatMap { row in
          (0..<operands[0].width).map { operands[0][row, $0] * operands[1][row, 0] }
        }
      })
  }
}

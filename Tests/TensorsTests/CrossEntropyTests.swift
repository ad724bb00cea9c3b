import Foundation
import InterchangeTensors
import Testing

@Suite struct CrossEntropyTests {
  private func logSoftmax(_ logits: Matrix) -> Matrix {
    var result = logits
    for row in 0..<logits.rows {
      let values = (0..<logits.width).map { logits[row, $0] }
      let largest = values.max()!
      let total = values.reduce(0) { $0 + exp($1 - largest) }
      for column in 0..<logits.width { result[row, column] -= largest + log(total) }
    }
    return result
  }

  private func crossEntropy(_ logits: Matrix, _ targets: [Int]) -> [Double] {
    let logarithms = logSoftmax(logits)
    let total = targets.enumerated().reduce(0) { $0 - logarithms[$1.offset, $1.element] }
    return [total / Double(targets.count)]
  }

  @Test(arguments: Shapes.all) func crossEntropy(shape: [Int]) {
    var samples = Samples(seed: 51)
    let logits = samples.normal(shape, deviation: 3)
    let targets = samples.indices(shape[0], below: shape[1])
    checkOperation(
      [logits], absolute: 2e-6, "crossEntropy", operation: { $0[0].crossEntropy(targets) },
      reference: { crossEntropy($0[0], targets) })
    #expect(logits.crossEntropy(targets).shape == [])
  }

  @Test(arguments: Shapes.all) func logSoftmax(shape: [Int]) {
    var samples = Samples(seed: 52)
    let logits = samples.normal(shape, deviation: 3)
    expectClose(logits.logSoftmax(), logSoftmax(Matrix(logits)).elements, absolute: 3e-6)
  }

  @Test func hugeLogits() {
    let logits = Tensor(rows: [
      [3e4, -3e4, 0], [-1e30, -1e30, 5], [3e38, -3e38, 0], [88.5, 0, -200],
    ])
    let leaf = logits.requiringGradient()
    let losses = [(0, 0.0), (1, 6e4), (2, 3e4)]
    for (target, loss) in losses {
      let row = leaf.rowSlice(0..<1).crossEntropy([target])
      expectClose(Double(row.scalar), loss)
      let expected = (0..<3).map { ($0 == 0 ? 1.0 : 0) - ($0 == target ? 1 : 0) }
      expectClose(row.gradients(of: [leaf])[0].rowSlice(0..<1), expected)
    }
    let loss = leaf.crossEntropy([2, 2, 0, 0])
    expectClose(Double(loss.scalar), (3e4 + 0 + 0 + 0) / 4)
    #expect(loss.gradients(of: [leaf])[0].elements.allSatisfy { $0.isFinite })
  }

  @Test func logSoftmaxKeepsItsDigitsWhateverTheFirstLogit() {
    // The first class is one among many: how unlikely it is must not blur the others.
    for first: Float in [-1e4, -1e30, 1e4] {
      let logits = Tensor(rows: [[first, 1, 2, 3.5, -0.25]])
      expectClose(
        logits.logSoftmax(), logSoftmax(Matrix(logits)).elements, absolute: 2e-6, relative: 1e-6,
        "first logit \(first)")
    }
  }

  @Test func forbiddenClassesHaveNoProbability() {
    // −∞ is how a caller rules a token out, the first one too.
    let logits = Tensor(rows: [[-.infinity, 1, 2], [0, -.infinity, 0]])
    let found = logits.logSoftmax().elements.map { exp(Double($0)) }
    let odds = exp(-1.0)
    expectClose(found, [0, odds / (1 + odds), 1 / (1 + odds), 0.5, 0, 0.5])
    let leaf = logits.requiringGradient()
    let loss = leaf.crossEntropy([2, 0])
    expectClose(Double(loss.scalar), (log(1 + odds) + log(2.0)) / 2)
    #expect(loss.gradients(of: [leaf])[0].elements.allSatisfy { $0.isFinite })
  }

  @Test func gradientCanBeAskedForTwice() {
    var samples = Samples(seed: 53)
    let leaf = samples.normal([3, 11]).requiringGradient()
    let loss = leaf.crossEntropy([0, 5, 10])
    let first = loss.gradients(of: [leaf])[0].elements
    #expect(loss.gradients(of: [leaf])[0].elements == first)
  }

  @Test func gradientOfEveryRowSumsToZero() {
    var samples = Samples(seed: 54)
    let leaf = samples.normal([7, 1_030], deviation: 4).requiringGradient()
    let gradient = Matrix(
      leaf.crossEntropy(samples.indices(7, below: 1_030)).gradients(of: [leaf])[0])
    for row in 0..<7 {
      expectClose((0..<1_030).reduce(0) { $0 + gradient[row, $1] }, 0, absolute: 1e-6)
    }
  }

  @Test func targetsOutsideAreAProgrammersError() async {
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).crossEntropy([0, 3]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).crossEntropy([0]) }
  }
}

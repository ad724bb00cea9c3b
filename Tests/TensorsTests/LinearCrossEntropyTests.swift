import Foundation
import InterchangeBasics
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The loss that never holds its logits against the one that does, and against double precision.
@Suite struct LinearCrossEntropyTests {
  /// Fewer and more outputs than a panel, one row, few rows, many rows; logits small and large.
  @Test(
    arguments: [(1, 7, 5), (3, 40, 64), (16, 24, 700), (32, 16, 2500), (40, 24, 5000)],
    [Float(1), 30])
  func lossAndGradient(_ sizes: (rows: Int, width: Int, outputs: Int), _ size: Float) throws {
    var generator = RandomGenerator(seed: UInt64(sizes.outputs))
    let weight = Tensor.normal([sizes.outputs, sizes.width], using: &generator)
    let x = (size * Tensor.normal([sizes.rows, sizes.width], deviation: 0.3, using: &generator))
      .requiringGradient()
    let targets = (0..<sizes.rows).map { _ in
      Int.random(in: 0..<sizes.outputs, using: &generator)
    }
    let fused = x.linearCrossEntropy(Weight(weight), targets: targets)
    let expected = reference(x.elements, weight.elements, targets, width: sizes.width)
    #expect(abs(Double(fused.scalar) - expected.loss) < 2e-6 * max(1, expected.loss))
    let gradient = (3 * fused).gradients(of: [x])[0].elements
    let scale = expected.gradient.map(abs).max() ?? 0
    // A share of the softmax is off relatively by as much as its logit is absolutely; 1e-5 is left
    // for the sum over all outputs.
    let rounding = 1e-5 + Rounding.spread(sizes.width, of: expected.largestLogit)
    for (found, wanted) in zip(gradient, expected.gradient) {
      #expect(abs(Double(found) - 3 * wanted) < rounding * max(1e-3, 3 * scale))
    }
    // Without a gradient, and with the rows in any order, the same loss to the bit.
    #expect(x.detached.linearCrossEntropy(Weight(weight), targets: targets).scalar == fused.scalar)
  }

  @Test func sameBitsForAnyNumberOfThreads() {
    var generator = RandomGenerator(seed: 3)
    let weight = Weight(Tensor.normal([3000, 48], using: &generator))
    let x = Tensor.normal([20, 48], using: &generator).requiringGradient()
    let before = Parallel.threads
    defer { Parallel.threads = before }
    let results = [1, 2, 5].map { threads in
      Parallel.threads = threads
      let loss = x.linearCrossEntropy(weight, targets: Array(0..<20))
      return [loss.scalar] + loss.gradients(of: [x])[0].elements
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func whatIsNotANumberStaysSo() {
    let weight = Weight(Tensor(rows: [[1, 0], [0, 1]]))
    let x = Tensor(rows: [[.nan, 1], [0, 0]])
    #expect(x.linearCrossEntropy(weight, targets: [0, 1]).scalar.isNaN)
  }

  private func reference(
    _ x: [Float], _ w: [Float], _ targets: [Int], width: Int
  ) -> (loss: Double, gradient: [Double], largestLogit: Double) {
    let (rows, outputs) = (targets.count, w.count / width)
    var (loss, largestLogit) = (0.0, 0.0)
    var gradient = Array(repeating: 0.0, count: x.count)
    for row in 0..<rows {
      let logits = (0..<outputs).map { output in
        (0..<width).reduce(0.0) {
          $0 + Double(x[row * width + $1]) * Double(w[output * width + $1])
        }
      }
      let largest = logits.max() ?? 0
      largestLogit = logits.reduce(largestLogit) { max($0, abs($1)) }
      let sum = logits.reduce(0) { $0 + exp($1 - largest) }
      loss += (log(sum) + largest - logits[targets[row]]) / Double(rows)
      for output in 0..<outputs {
        let share = exp(logits[output] - largest) / sum - (output == targets[row] ? 1 : 0)
        for k in 0..<width {
          gradient[row * width + k] += share * Double(w[output * width + k]) / Double(rows)
        }
      }
    }
    return (loss, gradient, largestLogit)
  }
}

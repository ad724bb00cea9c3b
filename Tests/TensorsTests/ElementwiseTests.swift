import Foundation
import InterchangeTensors
import Testing

@Suite struct ElementwiseTests {
  @Test(arguments: Shapes.all) func sumDifferenceAndProduct(shape: [Int]) {
    var samples = Samples(seed: 1)
    let operands = [samples.normal(shape), samples.normal(shape)]
    checkOperation(
      operands, "+", operation: { $0[0] + $0[1] },
      reference: {
        zip($0[0].elements, $0[1].elements).map { $0 + $1 }
      })
    checkOperation(
      operands, "-", operation: { $0[0] - $0[1] },
      reference: {
        zip($0[0].elements, $0[1].elements).map { $0 - $1 }
      })
    checkOperation(
      operands, "*", operation: { $0[0] * $0[1] },
      reference: {
        zip($0[0].elements, $0[1].elements).map { $0 * $1 }
      })
  }

  @Test(arguments: Shapes.all) func quotient(shape: [Int]) {
    var samples = Samples(seed: 3)
    let divisors = samples.normal(shape).elements.map { $0 + ($0 < 0 ? -1 : 1) }
    checkOperation(
      [samples.normal(shape), Tensor(divisors, shape: shape)], "/",
      operation: { $0[0] / $0[1] },
      reference: { zip($0[0].elements, $0[1].elements).map { $0 / $1 } })
  }

  @Test(arguments: Shapes.all) func scaled(shape: [Int]) {
    var samples = Samples(seed: 2)
    let operand = samples.normal(shape)
    for scale: Float in [0, 1, -2.5] {
      checkOperation(
        [operand], "\(scale) *", operation: { scale * $0[0] },
        reference: {
          $0[0].elements.map { Double(scale) * $0 }
        })
    }
  }

  @Test(arguments: Shapes.all, [0.5, 2, 30] as [Float])
  func softCapped(shape: [Int], cap: Float) {
    var samples = Samples(seed: 21)
    checkOperation(
      [samples.normal(shape, deviation: 3)], absolute: 2e-6 * Double(max(1, cap)),
      "soft cap \(cap)",
      operation: { $0[0].softCapped(at: cap) },
      reference: { $0[0].elements.map { Double(cap) * tanh($0 / Double(cap)) } })
  }

  @Test(arguments: Shapes.all) func clipped(shape: [Int]) {
    var samples = Samples(seed: 22)
    // No number is so near the bound that a difference would cross it.
    let operand = Tensor(
      samples.normal(shape, deviation: 2).elements.map {
        abs(abs($0) - 1.5) < 1e-3 ? $0 + 0.01 : $0
      }, shape: shape)
    checkOperation(
      [operand], "clipped", operation: { $0[0].clipped(to: 1.5) },
      reference: { $0[0].elements.map { min(max($0, -1.5), 1.5) } })
  }

  @Test(arguments: Shapes.all) func swiglu(shape: [Int]) {
    var samples = Samples(seed: 3)
    let operands = [samples.normal(shape, deviation: 3), samples.normal(shape)]
    checkOperation(
      operands, "swiglu", operation: { Tensor.swiglu(gate: $0[0], up: $0[1]) },
      reference: {
        zip($0[0].elements, $0[1].elements).map { $0 / (1 + exp(-$0)) * $1 }
      })
  }

  @Test func swigluSaturates() {
    let gate = Tensor([100, -100, 0, -0.0, 88.5, -88.5, 1e4, -1e4]).requiringGradient()
    let up = Tensor([2, 2, 2, 2, -1, -1, 3, 3]).requiringGradient()
    let result = Tensor.swiglu(gate: gate, up: up)
    // x · sigmoid(x) is x or 0 to float32 beyond ±88.
    expectClose(result, [200, 0, 0, 0, -88.5, 0, 3e4, 0])
    let gradients = result.sum().gradients(of: [gate, up])
    expectClose(gradients[0], [2, 0, 1, 1, -1, 0, 3, 0])
    expectClose(gradients[1], [100, 0, 0, 0, 88.5, 0, 1e4, 0])
  }

  @Test(arguments: Shapes.all) func sumAndMean(shape: [Int]) {
    var samples = Samples(seed: 4)
    let operand = samples.normal(shape)
    let count = Double(operand.count)
    // Float32 sums over blocks of 1,024 carry a rounding of about 1e-6 a block.
    checkOperation(
      [operand], absolute: 5e-5, "sum", operation: { $0[0].sum() },
      reference: {
        [$0[0].elements.reduce(0, +)]
      })
    checkOperation(
      [operand], "mean", operation: { $0[0].mean() },
      reference: {
        [$0[0].elements.reduce(0, +) / count]
      })
    #expect(operand.sum().shape == [])
  }

  @Test func sumOfManyLargeNumbersKeepsItsDigits() {
    // A plain float32 sum would stop growing at 2^24.
    let count = 20_000_003
    #expect(Tensor(repeating: 1, shape: [count]).sum().scalar == Float(count))
  }

  @Test(arguments: Shapes.all) func dot(shape: [Int]) {
    var samples = Samples(seed: 5)
    let (a, b) = (samples.normal(shape), samples.normal(shape))
    let expected = zip(a.elements, b.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    expectClose(Tensor.dot(a, b), expected, absolute: 5e-5)
  }

  @Test func differentShapesAreAProgrammersError() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor.zeros([2, 3]) + Tensor.zeros([3, 2])
    }
  }
}

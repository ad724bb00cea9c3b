import Foundation
import InterchangeTensors
import Testing

@Suite struct ActivationTests {
  @Test(arguments: Activation.allCases, Shapes.all)
  func matchesItsFormula(activation: Activation, shape: [Int]) {
    var samples = Samples(seed: 11)
    // Inputs that keep away from relu's kink, where a difference quotient means nothing.
    let operand = samples.awayFromZero(shape)
    checkOperation(
      [operand], "\(activation)", operation: { $0[0].activated(activation) },
      reference: { $0[0].elements.map { value(activation, $0) } })
  }

  @Test(arguments: Activation.allCases) func everyMagnitude(activation: Activation) {
    // Every binade from 1e-8 to 1e4, both signs, and the places where a kernel changes its method.
    let magnitudes: [Float] =
      [0, 0.049_999, 0.05, 0.050_001, 87.2, 87.4, 88.3, 88.4, 88.7, 88.8, 100, 1e4]
      + (0..<1_200).map { Float(pow(10, -8 + Double($0) / 100)) }
    let inputs = magnitudes + magnitudes.map { -$0 }
    let leaf = Tensor(inputs).requiringGradient()
    let result = leaf.activated(activation)
    // 1 + tanh and 1 + erf near −1 keep float32's absolute, not relative, precision.
    expectClose(
      result, inputs.map { value(activation, Double($0)) }, absolute: 2e-6, relative: 3e-6,
      "\(activation)")
    let gradient = result.sum().gradients(of: [leaf])[0]
    expectClose(
      gradient, inputs.map { slope(activation, Double($0)) }, absolute: 2e-6, relative: 1e-5,
      "slope of \(activation)")
  }

  @Test(arguments: Activation.allCases) func zeroHasNoSurprises(activation: Activation) {
    let leaf = Tensor([0, -0.0]).requiringGradient()
    let result = leaf.activated(activation)
    let expected: Float = activation == .sigmoid ? 0.5 : 0
    #expect(result.elements == [expected, expected])
    let slope: Float =
      switch activation {
      case .relu, .reluSquare: 0
      case .sigmoid: 0.25
      case .silu, .gelu, .geluTanh, .geluQuick: 0.5
      case .tanh: 1
      }
    #expect(result.sum().gradients(of: [leaf])[0].elements == [slope, slope])
  }

  @Test(arguments: Activation.allCases) func aNumberThatIsNoneStaysOne(activation: Activation) {
    // A training run that diverged must not look healthy after a non-linearity.
    let result = Tensor([.nan, 1]).activated(activation)
    #expect(result.elements[0].isNaN)
    #expect(result.elements[1].isFinite)
  }

  @Test func sigmoidOfLargeInputsStaysWithinItsRange() {
    let result = Tensor([88.3, 88.5, 100, 1e30, .infinity]).activated(.sigmoid).elements
    #expect(result.allSatisfy { $0 == 1 })
    let negative = Tensor([-88.5, -100, -1e30, -.infinity]).activated(.sigmoid).elements
    #expect(negative.allSatisfy { $0 >= 0 && $0 < 1e-37 })
  }
}

private let cubic = 0.044715
private let geluScale = (2 / Double.pi).squareRoot()

private func value(_ activation: Activation, _ x: Double) -> Double {
  switch activation {
  case .relu: max(0, x)
  case .silu: x / (1 + exp(-x))
  case .geluTanh: 0.5 * x * (1 + tanh(geluScale * (x + cubic * x * x * x)))
  case .gelu: 0.5 * x * erfc(-x / 2.0.squareRoot())
  case .sigmoid: 1 / (1 + exp(-x))
  case .tanh: tanh(x)
  case .reluSquare: x > 0 ? x * x : 0
  case .geluQuick: x / (1 + exp(-1.702 * x))
  }
}

private func slope(_ activation: Activation, _ x: Double) -> Double {
  let logistic = 1 / (1 + exp(-x))
  switch activation {
  case .relu: return x > 0 ? 1 : 0
  case .silu: return logistic + x * logistic * (1 - logistic)
  case .geluTanh:
    let turned = tanh(geluScale * (x + cubic * x * x * x))
    let inner = geluScale * (1 + 3 * cubic * x * x)
    return 0.5 * (1 + turned) + 0.5 * x * (1 - turned * turned) * inner
  case .gelu:
    return 0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  case .sigmoid: return logistic * (1 - logistic)
  case .tanh: return 1 - tanh(x) * tanh(x)
  case .reluSquare: return x > 0 ? 2 * x : 0
  case .geluQuick:
    let quick = 1 / (1 + exp(-1.702 * x))
    return quick + 1.702 * x * quick * (1 - quick)
  }
}

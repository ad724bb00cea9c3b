import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct NormalisationTests {
  static let epsilon = 1e-5
  static let shapes = Shapes.all.filter { $0[1] > 1 } + [[2, 1_600]]

  private func rmsNorm(_ x: Matrix, _ weight: [Double]) -> [Double] {
    (0..<x.rows).flatMap { row in
      let mean = (0..<x.width).reduce(0) { $0 + x[row, $1] * x[row, $1] } / Double(x.width)
      return (0..<x.width).map { x[row, $0] / (mean + Self.epsilon).squareRoot() * weight[$0] }
    }
  }

  private func layerNorm(_ x: Matrix, _ weight: [Double], _ bias: [Double]) -> [Double] {
    (0..<x.rows).flatMap { row in
      let mean = (0..<x.width).reduce(0) { $0 + x[row, $1] } / Double(x.width)
      let variance =
        (0..<x.width).reduce(0) { $0 + (x[row, $1] - mean) * (x[row, $1] - mean) } / Double(x.width)
      let deviation = (variance + Self.epsilon).squareRoot()
      return (0..<x.width).map { (x[row, $0] - mean) / deviation * weight[$0] + bias[$0] }
    }
  }

  @Test(arguments: shapes) func rmsNorm(shape: [Int]) {
    var samples = Samples(seed: 41)
    let operands = [samples.normal(shape, deviation: 2), samples.normal([shape[1]])]
    // The weight's gradient is a sum over the rows.
    checkOperation(
      operands, absolute: 5e-6, gradientAbsolute: 5e-6 * Double(shape[0]).squareRoot(), "rmsNorm",
      operation: { $0[0].rmsNorm($0[1], epsilon: Float(Self.epsilon)) },
      reference: { rmsNorm($0[0], $0[1].elements) })
  }

  @Test(arguments: shapes) func layerNorm(shape: [Int]) {
    var samples = Samples(seed: 42)
    let operands = [
      samples.normal(shape, deviation: 2), samples.normal([shape[1]]), samples.normal([shape[1]]),
    ]
    checkOperation(
      operands, absolute: 5e-6, gradientAbsolute: 5e-6 * Double(shape[0]).squareRoot(), "layerNorm",
      operation: { $0[0].layerNorm($0[1], bias: $0[2], epsilon: Float(Self.epsilon)) },
      reference: { layerNorm($0[0], $0[1].elements, $0[2].elements) })
  }

  /// The divisors of norms, of rows whose mean is taken off and of those whose mean isn't.
  @Test(arguments: shapes, [true, false]) func normScale(shape: [Int], isCentered: Bool) {
    var samples = Samples(seed: 43)
    checkOperation(
      [samples.normal(shape, deviation: 2)], "normScale",
      operation: { $0[0].normScale(isCentered: isCentered, epsilon: Float(Self.epsilon)) },
      reference: { operands in
        let x = operands[0]
        return (0..<x.rows).map { row in
          let values = (0..<x.width).map { x[row, $0] }
          let mean = isCentered ? values.reduce(0, +) / Double(x.width) : 0
          let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
          return (squares / Double(x.width) + Self.epsilon).squareRoot()
        }
      })
  }

  @Test func rowsOfOneElement() {
    // One element's layer norm is its bias; RMS norm leaves its sign.
    let x = Tensor(rows: [[3], [-4]])
    let normed = x.layerNorm(Tensor([2]), bias: Tensor([7]), epsilon: 1e-5)
    expectClose(normed, [7, 7])
    expectClose(x.rmsNorm(Tensor([2]), epsilon: 0), [2, -2])
  }

  @Test func rowsOfZerosStayFinite() {
    let x = Tensor.zeros([2, 9]).requiringGradient()
    let weight = Tensor(repeating: 1, shape: [9])
    let root = x.rmsNorm(weight, epsilon: 1e-5)
    #expect(root.elements.allSatisfy { $0 == 0 })
    // 1 / √1e-5
    expectClose(root.sum().gradients(of: [x])[0], Array(repeating: 316.2277660, count: 18))
    let layer = x.layerNorm(weight, bias: weight, epsilon: 1e-5)
    #expect(layer.elements.allSatisfy { $0 == 1 })
    #expect(layer.sum().gradients(of: [x])[0].elements.allSatisfy { $0.isFinite })
  }

  @Test func layerNormKeepsItsDigitsFarFromZero() {
    // Rows around 1,000: mean and variance, forward and backward, must not cancel. The inputs
    // themselves are exact; the mean of 65 such numbers is rounded, in units of one deviation.
    var samples = Samples(seed: 43)
    let x = samples.normal([3, 65]) + Tensor(repeating: 1_000, shape: [3, 65])
    let rounding = Rounding.spread(65, of: 1_000)
    checkOperation(
      [x, samples.normal([65]), samples.normal([65])], absolute: rounding,
      gradientAbsolute: rounding, "layerNorm",
      operation: { $0[0].layerNorm($0[1], bias: $0[2], epsilon: Float(Self.epsilon)) },
      reference: { layerNorm($0[0], $0[1].elements, $0[2].elements) })
  }

  @Test func aRowDoesNotDependOnTheOthers() {
    var samples = Samples(seed: 44)
    let (x, weight) = (samples.normal([300, 130]), samples.normal([130]))
    let together = x.rmsNorm(weight, epsilon: 1e-5)
    for row in [0, 1, 149, 150, 299] {
      let alone = x.rowSlice(row..<row + 1).rmsNorm(weight, epsilon: 1e-5)
      #expect(alone.elements == together.rowSlice(row..<row + 1).elements)
    }
  }
}

import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct ProductTests {
  /// Rounding of a float32 sum of `terms` products of unit normals: √terms of them, 6e-8 each, with
  /// room for the order of summation.
  private func rounding(_ terms: Int) -> Double { 2e-6 * Double(terms).squareRoot() }

  @Test(arguments: Shapes.products) func matrixProduct(size: [Int]) {
    let (m, k, n) = (size[0], size[1], size[2])
    var samples = Samples(seed: 21)
    let operands = [samples.normal([m, k]), samples.normal([k, n])]
    checkOperation(
      operands, absolute: rounding(k), gradientAbsolute: rounding(max(m, n)), "matrixProduct",
      operation: { $0[0].matrixProduct($0[1]) }, reference: { ($0[0] * $0[1]).elements })
    #expect(operands[0].matrixProduct(operands[1]).shape == [m, n])
  }

  @Test(arguments: Shapes.products) func linear(size: [Int]) {
    let (m, k, n) = (size[0], size[1], size[2])
    var samples = Samples(seed: 22)
    let operands = [samples.normal([m, k]), samples.normal([n, k]), samples.normal([n])]
    checkOperation(
      Array(operands.prefix(2)), absolute: rounding(k), gradientAbsolute: rounding(max(m, n)),
      "linear", operation: { $0[0].linear($0[1]) },
      reference: { ($0[0] * $0[1].transposed).elements })
    checkOperation(
      operands, absolute: rounding(k), gradientAbsolute: rounding(max(m, n)), "linear with bias",
      operation: { $0[0].linear($0[1], bias: $0[2]) },
      reference: { operands in
        let product = operands[0] * operands[1].transposed
        return product.elements.indices.map {
          product.elements[$0] + operands[2].elements[$0 % product.width]
        }
      })
  }

  @Test func productOverNothingIsZero() {
    let result = Tensor.zeros([3, 0]).matrixProduct(.zeros([0, 2]))
    #expect(result.shape == [3, 2])
    #expect(result.elements == [0, 0, 0, 0, 0, 0])
    #expect(Tensor.zeros([0, 4]).linear(.zeros([5, 4])).shape == [0, 5])
  }

  @Test(arguments: [1, 2, 3, 31, 33]) func aRowDoesNotDependOnTheOthers(rows: Int) {
    // The rest of a batch may change the order of a sum, never more than its rounding.
    var samples = Samples(seed: 23)
    let (x, weight) = (samples.normal([rows, 128]), samples.normal([300, 128]))
    let together = x.linear(weight)
    for row in 0..<rows {
      expectClose(
        x.rowSlice(row..<row + 1).linear(weight), together.rowSlice(row..<row + 1),
        absolute: rounding(128))
    }
  }

  @Test(arguments: Shapes.all) func addingAndMultiplyingRows(shape: [Int]) {
    var samples = Samples(seed: 24)
    let operands = [samples.normal(shape), samples.normal([shape[1]])]
    let width = shape[1]
    // The vector's gradient is a sum over the rows.
    let tolerance = rounding(shape[0])
    checkOperation(
      operands, gradientAbsolute: tolerance, "addingToRows",
      operation: { $0[0].addingToRows($0[1]) },
      reference: { operands in
        operands[0].elements.enumerated().map { $1 + operands[1].elements[$0 % width] }
      })
    checkOperation(
      operands, gradientAbsolute: tolerance, "multiplyingRows",
      operation: { $0[0].multiplyingRows($0[1]) },
      reference: { operands in
        operands[0].elements.enumerated().map { $1 * operands[1].elements[$0 % width] }
      })
  }

  @Test func vectorsMayBeRows() {
    var samples = Samples(seed: 25)
    let operands = [samples.normal([4, 3]), samples.normal([1, 3])]
    checkOperation(
      operands, "addingToRows", operation: { $0[0].addingToRows($0[1]) },
      reference: { operands in
        operands[0].elements.enumerated().map { $1 + operands[1].elements[$0 % 3] }
      })
    let weight = samples.normal([2, 3])
    let bias = samples.normal([1, 2])
    checkOperation(
      [operands[0], weight, bias], "linear", operation: { $0[0].linear($0[1], bias: $0[2]) },
      reference: { operands in
        let product = operands[0] * operands[1].transposed
        return product.elements.indices.map { product.elements[$0] + operands[2].elements[$0 % 2] }
      })
  }

  @Test func moreThanTwoAxesCountAsRowsAndWidth() {
    var samples = Samples(seed: 26)
    let operands = [samples.normal([3, 2, 5]), samples.normal([4, 5, 2])]
    checkOperation(
      operands, absolute: rounding(10), "linear", operation: { $0[0].linear($0[1]) },
      reference: { ($0[0] * $0[1].transposed).elements })
    checkOperation(
      [operands[0], samples.normal([10, 2, 2])], absolute: rounding(10), "matrixProduct",
      operation: { $0[0].matrixProduct($0[1]) }, reference: { ($0[0] * $0[1]).elements })
    checkOperation(
      [operands[0]], "transposed", operation: { $0[0].transposed() },
      reference: { $0[0].transposed.elements })
  }

  @Test(arguments: Shapes.all) func transposed(shape: [Int]) {
    var samples = Samples(seed: 27)
    let operand = samples.normal(shape)
    checkOperation(
      [operand], "transposed", operation: { $0[0].transposed() },
      reference: { $0[0].transposed.elements })
    #expect(operand.transposed().shape == [shape[1], shape[0]])
    #expect(operand.transposed().transposed().elements == operand.elements)
  }

  @Test(arguments: Shapes.all) func columnSums(shape: [Int]) {
    var samples = Samples(seed: 28)
    let operand = samples.normal(shape)
    let matrix = Matrix(operand)
    let expected = (0..<matrix.width).map { column in
      (0..<matrix.rows).reduce(0) { $0 + matrix[$1, column] }
    }
    expectClose(operand.columnSums(), expected, absolute: rounding(shape[0]))
  }
}

import InterchangeTensors
import Testing

@Suite struct RowsTests {
  /// The rows of a matrix in a given order, one after the other.
  private func rows(_ matrix: Matrix, _ indices: some Sequence<Int>) -> [Double] {
    indices.flatMap { row in (0..<matrix.width).map { matrix[row, $0] } }
  }

  @Test(arguments: Shapes.all) func gatherRowsWithRepeats(shape: [Int]) {
    var samples = Samples(seed: 31)
    let operand = samples.normal(shape)
    let indices = samples.indices(min(2 * shape[0] + 3, 300), below: shape[0])
    checkOperation(
      [operand], absolute: 1e-5, "gatherRows", operation: { $0[0].gatherRows(indices) },
      reference: { rows($0[0], indices) })
  }

  @Test func gatherRowsAddsUpRepeats() {
    let table = Tensor(rows: [[1, 2], [3, 4], [5, 6]]).requiringGradient()
    let gathered = table.gatherRows([2, 0, 2, 2])
    #expect(gathered.elements == [5, 6, 1, 2, 5, 6, 5, 6])
    #expect(gathered.sum().gradients(of: [table])[0].elements == [1, 1, 0, 0, 3, 3])
    #expect(table.gatherRows([]).shape == [0, 2])
  }

  @Test(arguments: Shapes.all) func replacingRows(shape: [Int]) {
    var samples = Samples(seed: 32)
    let operand = samples.normal(shape)
    for count in Set([0, 1, (shape[0] + 1) / 2, shape[0]]).sorted() {
      let indices = samples.distinctIndices(min(count, 2_000), below: shape[0])
      let replacement = samples.normal([indices.count, shape[1]])
      checkOperation(
        [operand, replacement], "replacingRows \(count)",
        operation: { $0[0].replacingRows(indices, with: $0[1]) },
        reference: { operands in
          var result = operands[0]
          for (row, index) in indices.enumerated() {
            for column in 0..<result.width { result[index, column] = operands[1][row, column] }
          }
          return result.elements
        })
    }
  }

  @Test(arguments: Shapes.all) func columnsAndReplacingColumns(shape: [Int]) {
    var samples = Samples(seed: 33)
    let operand = samples.normal(shape)
    let width = shape[1]
    for range in Set([0..<width, 0..<1, width / 3..<width, width / 2..<width / 2]) {
      checkOperation(
        [operand], "columns \(range)", operation: { $0[0].columns(range) },
        reference: { operands in
          (0..<shape[0]).flatMap { row in range.map { operands[0][row, $0] } }
        })
      let replacement = samples.normal([shape[0], range.count])
      checkOperation(
        [operand, replacement], "replacingColumns \(range)",
        operation: { $0[0].replacingColumns(range, with: $0[1]) },
        reference: { operands in
          var result = operands[0]
          for row in 0..<shape[0] {
            for column in range {
              result[row, column] = operands[1][row, column - range.lowerBound]
            }
          }
          return result.elements
        })
    }
  }

  @Test(arguments: Shapes.all) func concatenatingRows(shape: [Int]) {
    var samples = Samples(seed: 34)
    let parts = [shape[0], 1, 3].map { samples.normal([$0, shape[1]]) }
    checkOperation(
      parts, "concatenatingRows", operation: { Tensor.concatenatingRows($0) },
      reference: { $0.flatMap(\.elements) })
    checkOperation(
      [parts[0]], "concatenatingRows of one", operation: { Tensor.concatenatingRows($0) },
      reference: { $0[0].elements })
    #expect(Tensor.concatenatingRows(parts).shape == [shape[0] + 4, shape[1]])
  }

  @Test(arguments: Shapes.all) func rowSlice(shape: [Int]) {
    var samples = Samples(seed: 35)
    let operand = samples.normal(shape)
    let count = shape[0]
    for range in Set([0..<count, 0..<1, count / 3..<count, count / 2..<count / 2]) {
      checkOperation(
        [operand], "rowSlice \(range)", operation: { $0[0].rowSlice(range) },
        reference: { rows($0[0], range) })
    }
  }

  @Test func slicesOfSlices() {
    let whole = Tensor((0..<24).map(Float.init), shape: [8, 3]).requiringGradient()
    let slice = whole.rowSlice(2..<7).rowSlice(1..<4).rowSlice(1..<2)
    #expect(slice.elements == [12, 13, 14])
    let expected = (0..<24).map { (12..<15).contains($0) ? Float(1) : 0 }
    #expect(slice.sum().gradients(of: [whole])[0].elements == expected)
  }

  @Test func anEditPastItselfChangesNothing() {
    var samples = Samples(seed: 36)
    let operand = samples.normal([9, 7])
    let rows = [1, 4, 8]
    #expect(
      operand.replacingRows(rows, with: operand.gatherRows(rows)).elements == operand.elements)
    #expect(
      operand.replacingColumns(2..<5, with: operand.columns(2..<5)).elements == operand.elements)
    #expect(operand.replacingColumns(0..<7, with: operand).elements == operand.elements)
  }

  @Test(arguments: [[[12], [3, 4]], [[3, 4], [2, 6]], [[2, 6], [2, 3, 2]], [[1], []]])
  func reshaped(shapes: [[Int]]) {
    var samples = Samples(seed: 37)
    let operand = samples.normal(shapes[0])
    checkOperation(
      [operand], "reshaped", operation: { $0[0].reshaped(shapes[1]) },
      reference: { $0[0].elements })
    #expect(operand.reshaped(shapes[1]).shape == shapes[1])
  }

  @Test(arguments: [[6], [6, 2, 3]]) func everyGradientHasItsOperandsShape(shape: [Int]) {
    var samples = Samples(seed: 38)
    let operand = samples.normal(shape)
    let width = operand.width
    checkOperation(
      [operand], "rowSlice", operation: { $0[0].rowSlice(1..<4) },
      reference: { rows($0[0], 1..<4) })
    checkOperation(
      [operand], "gatherRows", operation: { $0[0].gatherRows([5, 0, 5]) },
      reference: { rows($0[0], [5, 0, 5]) })
    checkOperation(
      [operand], "columns", operation: { $0[0].columns(0..<width) },
      reference: { $0[0].elements })
    checkOperation(
      [operand, samples.normal([3, width])], "replacingRows",
      operation: { $0[0].replacingRows([0, 1, 5], with: $0[1]) },
      reference: {
        rows($0[1], 0..<2) + rows($0[0], 2..<5) + rows($0[1], 2..<3)
      })
    checkOperation(
      [operand, samples.normal(shape)], "concatenatingRows",
      operation: { Tensor.concatenatingRows($0) }, reference: { $0.flatMap(\.elements) })
  }

  @Test func aSliceOfAProductPassesItsGradientOn() {
    // The slice's gradient must come back in the vector's shape, or the product before it can't use
    // it.
    let a = Tensor([1, 2, 3]).requiringGradient()
    let b = Tensor([4, 5, 6])
    let gradient = (a * b).rowSlice(1..<3).sum().gradients(of: [a])[0]
    #expect(gradient.elements == [0, 5, 6])
  }

  @Test func indicesOutsideAreAProgrammersError() async {
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).gatherRows([2]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).rowSlice(1..<3) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, 3]).columns(1..<4) }
    await #expect(processExitsWith: .failure) {
      _ = Tensor.zeros([3, 2]).replacingRows([1, 1], with: .zeros([2, 2]))
    }
  }
}

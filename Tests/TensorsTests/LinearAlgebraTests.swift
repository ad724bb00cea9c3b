import InterchangeTensors
import Testing

@Suite struct LinearAlgebraTests {
  /// Backward-stable factorisations reproduce a matrix to a few float32 roundings of its norm.
  private func tolerance(_ shape: [Int]) -> Double {
    4e-6 * Double(shape.reduce(0, +)).squareRoot()
  }

  @Test(arguments: [[1, 1], [5, 1], [5, 5], [64, 8], [131, 33], [576, 8], [300, 300]])
  func qr(shape: [Int]) throws {
    var samples = Samples(seed: 91)
    let matrix = samples.normal(shape)
    let (q, r) = try matrix.qr()
    #expect(q.shape == shape)
    #expect(r.shape == [shape[1], shape[1]])
    #expect(orthonormalityError(rowsOf: q.transposed()) < 5e-6)
    expectClose(
      (Matrix(q) * Matrix(r)).elements, Matrix(matrix).elements, absolute: tolerance(shape))
    for row in 0..<shape[1] {
      #expect(r[row, row] >= 0)
      for column in 0..<row { #expect(r[row, column] == 0) }
    }
  }

  @Test func qrOfAKnownMatrix() throws {
    let (q, r) = try Tensor(rows: [[3, 5], [4, 0]]).qr()
    expectClose(q, [0.6, 0.8, 0.8, -0.6])
    expectClose(r, [5, 3, 0, 4])
  }

  @Test(arguments: [[1, 1], [1, 6], [6, 1], [7, 7], [40, 9], [9, 40], [130, 131]])
  func svd(shape: [Int]) throws {
    var samples = Samples(seed: 92)
    let matrix = samples.normal(shape)
    let rank = min(shape[0], shape[1])
    let (left, values, right) = try matrix.svd()
    #expect(left.shape == [shape[0], rank])
    #expect(right.shape == [rank, shape[1]])
    #expect(orthonormalityError(rowsOf: left.transposed()) < 5e-6)
    #expect(orthonormalityError(rowsOf: right) < 5e-6)
    #expect(values.count == rank)
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(values.allSatisfy { $0 >= 0 })
    var scaled = Matrix(left)
    for row in 0..<scaled.rows { for k in 0..<rank { scaled[row, k] *= Double(values[k]) } }
    expectClose(
      (scaled * Matrix(right)).elements, Matrix(matrix).elements, absolute: tolerance(shape))
  }

  @Test func svdFindsTheRank() throws {
    // [1 2 2]ᵀ [2 1] has the one value 3 √5.
    let (_, values, _) = try Tensor(rows: [[2, 1], [4, 2], [4, 2]]).svd()
    expectClose(Double(values[0]), 6.708203932)
    #expect(values[1] < 1e-6)
  }

  @Test(arguments: [1, 2, 5, 33, 130]) func symmetricEigen(size: Int) throws {
    var samples = Samples(seed: 93)
    let half = samples.normal([size, size])
    var matrix: Tensor = 0.5 * (half + half.transposed())
    let expected = Matrix(matrix)
    // Only the upper triangle counts.
    matrix.mutateElements { elements in
      for row in 0..<size { for column in 0..<row { elements[row * size + column] = 1e6 } }
    }
    let (values, vectors) = try matrix.symmetricEigen()
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(orthonormalityError(rowsOf: vectors) < 5e-6)
    var scaled = Matrix(vectors)
    for row in 0..<size { for k in 0..<size { scaled[row, k] *= Double(values[row]) } }
    let found = Matrix(vectors).transposed * scaled
    expectClose(found.elements, expected.elements, absolute: tolerance([size, size]))
  }

  @Test func eigenvaluesOfAKnownMatrix() throws {
    let (values, vectors) = try Tensor(rows: [[2, 1], [1, 2]]).symmetricEigen()
    expectClose(values.map(Double.init), [1, 3])
    expectClose(abs(Double(vectors[1, 0])), 0.5.squareRoot())
    expectClose(Double(vectors[1, 0]), Double(vectors[1, 1]))
  }

  @Test(arguments: [1, 2, 7, 64, 131]) func cholesky(size: Int) throws {
    var samples = Samples(seed: 94)
    let half = samples.normal([size, size])
    var identity = Tensor.zeros([size, size])
    identity.mutateElements { for index in 0..<size { $0[index * (size + 1)] = 1 } }
    let matrix = half.linear(half) + identity
    let factor = try matrix.cholesky()
    for row in 0..<size {
      #expect(factor[row, row] > 0)
      for column in row + 1..<max(size, row + 1) { #expect(factor[row, column] == 0) }
    }
    expectClose(
      (Matrix(factor) * Matrix(factor).transposed).elements, Matrix(matrix).elements,
      absolute: 1e-5 * Double(size), relative: 1e-5)
  }

  @Test func choleskyWantsAPositiveDefiniteMatrix() {
    #expect(throws: LinearAlgebraError.self) { try Tensor(rows: [[1, 2], [2, 1]]).cholesky() }
    #expect(throws: LinearAlgebraError.self) { try Tensor(rows: [[0]]).cholesky() }
  }

  @Test(arguments: [Float.nan, .infinity]) func whatIsNoNumberThrows(intruder: Float) {
    var elements = (0..<16).map { Float($0 * $0 % 7) }
    // In the upper triangle, which a symmetric matrix is read from, and in the lower.
    elements[6] = intruder
    elements[9] = intruder
    let matrix = Tensor(elements, shape: [4, 4])
    #expect(throws: LinearAlgebraError.self) { try matrix.qr() }
    #expect(throws: LinearAlgebraError.self) { try matrix.svd() }
    #expect(throws: LinearAlgebraError.self) { try matrix.symmetricEigen() }
    #expect(throws: LinearAlgebraError.self) { try matrix.cholesky() }
  }

  @Test func errorsAreOneClearLine() throws {
    let error = #expect(throws: LinearAlgebraError.self) {
      try Tensor([.nan, 1, 1, 1], shape: [2, 2]).qr()
    }
    let text = try #require(error).description
    #expect(text.contains("QR") && text.contains("[2, 2]") && text.contains("not a number"))
    #expect(!text.contains("\n"))
  }
}

import InterchangeTensors
import Testing

@Suite struct StiefelTests {
  /// (k, d); a single direction, a few, and a whole rotation.
  static let sizes: [[Int]] = [[1, 1], [1, 17], [4, 64], [8, 576], [5, 5], [32, 32]]

  private func frame(_ size: [Int], _ samples: inout Samples) throws -> Tensor {
    try Stiefel.orthonormalized(samples.normal(size))
  }

  @Test(arguments: sizes) func orthonormalized(size: [Int]) throws {
    var samples = Samples(seed: 111)
    let rows = samples.normal(size)
    let frame = try Stiefel.orthonormalized(rows)
    #expect(frame.shape == size)
    // A unit row's elements are rounded once each, and its length a few times by QR: 16 roundings.
    #expect(orthonormalityError(rowsOf: frame) < 1e-6)
    // Row i lies in the span of the first i given rows, on the side of the i-th.
    #expect(
      (0..<size[0]).allSatisfy { row in
        let slice = row..<row + 1
        return Tensor.dot(frame.rowSlice(slice), rows.rowSlice(slice)) > 0
      })
    expectClose(try Stiefel.orthonormalized(frame), frame, absolute: 2e-6)
  }

  @Test(arguments: sizes) func tangentsAreTangent(size: [Int]) throws {
    var samples = Samples(seed: 112)
    let frame = try frame(size, &samples)
    let tangent = Stiefel.tangent(samples.normal(size), at: frame)
    let product = Matrix(tangent) * Matrix(frame).transposed
    // Products of normal rows with unit rows, of order 1 whatever the width; 84 roundings.
    expectClose(
      product.elements, product.transposed.elements.map { -$0 }, absolute: 5e-6, relative: 0)
    // A tangent's projection is itself, and the normal part is the one orthogonal to all tangents.
    expectClose(Stiefel.tangent(tangent, at: frame), tangent, absolute: 5e-6)
    let other = samples.normal(size)
    let normal = other - Stiefel.tangent(other, at: frame)
    expectClose(Tensor.dot(normal, tangent), 0, absolute: 1e-4)
  }

  @Test(arguments: sizes) func retractionAgreesWithTheTangentToFirstOrder(size: [Int]) throws {
    var samples = Samples(seed: 113)
    let frame = try frame(size, &samples)
    let tangent = Stiefel.tangent(samples.normal(size), at: frame)
    let step = 1e-3
    let moved = try Stiefel.retracted(frame, along: tangent, step)
    let norm = Tensor.dot(tangent, tangent)
    let error = moved - (frame + Float(step) * tangent)
    // Second order: ‖error‖ ≤ step² ‖tangent‖², beside the rounding of the frame.
    #expect(
      Tensor.dot(error, error).squareRoot()
        < step * step * norm + 3e-7 * Double(frame.count).squareRoot())
  }

  @Test(arguments: [[1, 16], [4, 64], [12, 12]])
  func aThousandRandomStepsStayOrthonormal(size: [Int]) throws {
    var samples = Samples(seed: 114)
    let rotation = Parameter("rotation", try frame(size, &samples))
    let optimizer = AdamW([rotation], orthonormal: [rotation])
    for step in 0..<1_000 {
      (samples.normal(size) * rotation.tensor).sum().backward()
      try optimizer.step(learningRate: step % 100 == 0 ? 1 : 0.01)
    }
    #expect(orthonormalityError(rowsOf: rotation.value) < 1e-5)
  }

  @Test(arguments: [1, 3, 8]) func findsTheLeadingEigenspace(k: Int) throws {
    // Maximize tr(R A Rᵀ) over frames: the k largest of the eigenvalues 1, 2, …, d of A.
    let d = 20
    var samples = Samples(seed: 115)
    let basis = try frame([d, d], &samples)
    let values = Tensor((1...d).map(Float.init))
    let matrix = basis.transposed().multiplyingRows(values).matrixProduct(basis)
    let rotation = Parameter("rotation", try frame([k, d], &samples))
    let optimizer = AdamW([rotation], orthonormal: [rotation])
    let steps = 500
    let schedule = LearningRateSchedule(peak: 0.1, totalSteps: steps, decay: .cosine)
    for step in 0..<steps {
      let r = rotation.tensor
      (-1 * (r.matrixProduct(matrix) * r).sum()).backward()
      try optimizer.step(learningRate: schedule.rate(at: step))
    }
    #expect(orthonormalityError(rowsOf: rotation.value) < 1e-5)
    let best = (0..<k).reduce(0.0) { $0 + Double(d - $1) }
    let found = Tensor.dot(rotation.value.matrixProduct(matrix), rotation.value)
    expectClose(found, best, absolute: 0, relative: 1e-4)
    // The basis rows d − k … d − 1 lie in the frame's span: their projections keep length 1.
    let leading = basis.rowSlice(d - k..<d)
    let overlaps = leading.linear(rotation.value)
    expectClose(Tensor.dot(overlaps, overlaps), Double(k), absolute: 1e-3 * Double(k))
  }

  @Test func aWholeRotationCanStillTurn() throws {
    // k = d: the Procrustes problem, min ‖R − T‖² for a T that is a rotation near the start.
    var samples = Samples(seed: 116)
    let start = try frame([6, 6], &samples)
    let target = try Stiefel.retracted(
      start, along: Stiefel.tangent(samples.normal([6, 6]), at: start), 0.3)
    let rotation = Parameter("rotation", start)
    let optimizer = AdamW([rotation], orthonormal: [rotation])
    let schedule = LearningRateSchedule(peak: 0.02, totalSteps: 400, decay: .cosine)
    for step in 0..<400 {
      let difference = rotation.tensor - target
      (difference * difference).sum().backward()
      try optimizer.step(learningRate: schedule.rate(at: step))
    }
    expectClose(rotation.value, target, absolute: 1e-3)
  }

  @Test func aFrameOfNoNumbersThrows() throws {
    let rotation = Parameter("rotation", Tensor(rows: [[1, 0, 0]]))
    (Tensor(rows: [[.nan, 1, 1]]) * rotation.tensor).sum().backward()
    let optimizer = AdamW([rotation], orthonormal: [rotation])
    #expect(throws: LinearAlgebraError.self) { try optimizer.step(learningRate: 0.1) }
  }
}

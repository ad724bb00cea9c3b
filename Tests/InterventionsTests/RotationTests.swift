import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The sources of rotations, and their orthonormality at all times.
@Suite struct RotationTests {
  private static let shapes: [(rank: Int, width: Int)] = [
    (1, 1), (1, 5), (3, 3), (4, 16), (7, 31), (1, 576), (64, 576), (128, 128),
  ]

  @Test(arguments: shapes)
  func randomIsOrthonormalAndReproducible(rank: Int, width: Int) throws {
    let rotation = try Rotation.random(rank: rank, width: width, seed: 7)
    #expect((rotation.rank, rotation.width) == (rank, width))
    #expect(rotation.frame.shape == [rank, width])
    // QR's rounding grows with the width at most; 1e-5 is what is promised after training.
    #expect(orthonormalityError(rotation.frame) < 2e-6)
    #expect(Double(rotation.orthonormalityError) < 2e-6)
    let again = try Rotation.random(rank: rank, width: width, seed: 7)
    #expect(again.frame.elements == rotation.frame.elements)
    if width > 1 {
      let other = try Rotation.random(rank: rank, width: width, seed: 8)
      #expect(other.frame.elements != rotation.frame.elements)
    }
  }

  /// Uniform over directions: each coordinate of 2,000 unit vectors has mean square 1 / width.
  @Test func randomFavoursNoDirection() throws {
    var squares = [Double](repeating: 0, count: 4)
    for seed in 0..<2000 {
      let row = try Rotation.random(rank: 1, width: 4, seed: UInt64(seed)).frame.elements
      for index in 0..<4 { squares[index] += Double(row[index] * row[index]) / 2000 }
    }
    // The deviation of such a mean is 0.0043.
    for square in squares { #expect(abs(square - 0.25) < 0.02) }
  }

  @Test func rankOutOfRange() {
    for (rank, width) in [(0, 4), (-1, 4), (5, 4), (1, 0), (0, 0)] {
      #expect(throws: InterventionError.rankOutOfRange(rank: rank, width: width)) {
        try Rotation.random(rank: rank, width: width, seed: 0)
      }
    }
    #expect(
      line { _ = try Rotation.random(rank: 5, width: 4, seed: 0) }
        == "rank 5 is out of range: expected 1 to 4, the width of the site")
    #expect(throws: InterventionError.rankOutOfRange(rank: 3, width: 2)) {
      try Rotation.spanning(random([3, 2], seed: 1))
    }
    #expect(throws: InterventionError.rankOutOfRange(rank: 3, width: 2)) {
      try Rotation(orthonormal: random([3, 2], seed: 1))
    }
    #expect(throws: InterventionError.rankOutOfRange(rank: 5, width: 4)) {
      try Rotation.principalComponents(of: random([9, 4], seed: 1), rank: 5)
    }
    #expect(throws: InterventionError.rankOutOfRange(rank: 0, width: 4)) {
      try Rotation.principalComponents(of: random([9, 4], seed: 1), rank: 0)
    }
    #expect(throws: InterventionError.tooFewRows(rows: 3, needed: 3)) {
      try Rotation.principalComponents(of: random([3, 4], seed: 1), rank: 3)
    }
  }

  @Test(arguments: shapes)
  func spanningSpans(rank: Int, width: Int) throws {
    let vectors = random([rank, width], seed: 3)
    let rotation = try Rotation.spanning(vectors)
    #expect(orthonormalityError(rotation.frame) < 2e-6)
    // Row i lies in the span of the first i vectors, on the side of the i-th (Gram–Schmidt).
    for count in 1...min(rank, 5) {
      let part = rotation.frame.rowSlice(0..<count)
      let size = dot(vectors.rowsInDouble[count - 1], vectors.rowsInDouble[count - 1]).squareRoot()
      #expect(distance(of: vectors.rowSlice(0..<count), outside: part) < 1e-5 * max(1, size))
      #expect(dot(part.rowsInDouble[count - 1], vectors.rowsInDouble[count - 1]) > 0)
    }
  }

  @Test func dependentVectors() throws {
    let a = random([1, 6], seed: 1)
    for vectors in [
      Tensor.concatenatingRows([a, 2 * a]), Tensor.zeros([1, 6]), .zeros([2, 6]),
      .concatenatingRows([a, random([1, 6], seed: 2), a]),
    ] {
      #expect(throws: InterventionError.dependentVectors(count: vectors.rows)) {
        try Rotation.spanning(vectors)
      }
    }
    #expect(try Rotation.spanning(1e-12 * a).rank == 1)
    var broken = a
    broken.mutateElements { $0[2] = .nan }
    #expect(throws: (any Error).self) { try Rotation.spanning(broken) }
    broken.mutateElements { $0[2] = .infinity }
    #expect(throws: (any Error).self) { try Rotation.spanning(broken) }
  }

  /// Against the power method on the covariance, in double precision with deflation.
  @Test func principalComponents() throws {
    var generator = RandomGenerator(seed: 5)
    // Clear gaps between the variances, and a mean that dwarfs them.
    let scales: [Float] = [5, 3, 2, 1.2, 0.7, 0.4]
    let mixing = try Rotation.random(rank: 6, width: 6, seed: 2).frame
    let noise = Tensor.normal([400, 6], using: &generator)
    let data = noise.multiplyingRows(Tensor(scales)).matrixProduct(mixing)
      .addingToRows(Tensor([30, -20, 10, 0, 5, 7]))
    let found = try Rotation.principalComponents(of: data, rank: 4)
    #expect(orthonormalityError(found.frame) < 2e-6)

    let rows = data.rowsInDouble
    let mean = (0..<6).map { column in rows.reduce(0) { $0 + $1[column] } / 400 }
    let centred: Rows = rows.map { row in zip(row, mean).map { $0 - $1 } }
    let columns: Rows = (0..<6).map { column in centred.map { $0[column] } }
    var covariance: Rows = columns.map { a in columns.map { b in dot(a, b) / 399 } }
    for component in 0..<4 {
      var vector = (0..<6).map { Double($0 + 1) }
      for _ in 0..<2000 {
        vector = covariance.map { dot($0, vector) }
        let size = dot(vector, vector).squareRoot()
        vector = vector.map { $0 / size }
      }
      let variance = dot(vector, covariance.map { dot($0, vector) })
      // The sine of the angle between both, whose signs are free. Rounding the data's columns, sums
      // of 400 rows at a scale of 5, turns a component by that over the gap to the next scale
      // (Wedin).
      let row = found.frame.rowsInDouble[component]
      let outside = zip(row, vector).map { $0 - dot(row, vector) * $1 }
      let gap = Double(scales[component] - scales[component + 1])
      #expect(
        dot(outside, outside).squareRoot() < Rounding.bound(400, of: 5) / gap,
        "component \(component)")
      for i in 0..<6 { for j in 0..<6 { covariance[i][j] -= variance * vector[i] * vector[j] } }
    }
  }

  @Test func differenceOfMeans() throws {
    let (a, b) = (random([40, 5], seed: 1), random([25, 5], seed: 2))
    let rotation = try Rotation.differenceOfMeans(from: a, to: b)
    func mean(_ rows: Rows) -> [Double] {
      (0..<5).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
    }
    let difference = zip(mean(b.rowsInDouble), mean(a.rowsInDouble)).map { $0 - $1 }
    let size = dot(difference, difference).squareRoot()
    // Means of 40 numbers of order 1, divided by a difference of about 0.3.
    expectClose(rotation.frame, [difference.map { $0 / size }], within: 3e-6)
    #expect(throws: InterventionError.dependentVectors(count: 1)) {
      try Rotation.differenceOfMeans(from: a, to: a)
    }
  }

  @Test func onlyOrthonormalRowsAreTaken() throws {
    let frame = try Rotation.random(rank: 3, width: 8, seed: 1).frame
    #expect(try Rotation(orthonormal: frame).frame.elements == frame.elements)
    for damaged in [2 * frame, random([3, 8], seed: 4), .zeros([3, 8])] {
      #expect(throws: InterventionError.self) { try Rotation(orthonormal: damaged) }
    }
    var broken = frame
    broken.mutateElements { $0[5] = .nan }
    #expect(throws: InterventionError.notOrthonormal(path: "rotation", error: .infinity)) {
      try Rotation(orthonormal: broken)
    }
  }

  /// 200 steps against a moving gradient: the trained frame stays orthonormal.
  @Test(arguments: [(1, 8), (4, 16), (16, 16), (8, 64)])
  func trainingKeepsOrthonormality(rank: Int, width: Int) throws {
    let rotation = try Rotation.random(rank: rank, width: width, seed: 1)
    let start = rotation.frame
    try train(rotation, steps: 200)
    #expect(orthonormalityError(rotation.frame) < 1e-5)
    #expect(rotation.frame.elements != start.elements)
  }

  @Test func withinStaysWithin() throws {
    let container = try Rotation.random(rank: 6, width: 24, seed: 1)
    let inner = try container.within(rank: 2, seed: 3)
    #expect((inner.rank, inner.width) == (2, 24))
    #expect(inner.trainedParameters.map(\.value.shape) == [[2, 6]])
    let start = inner.frame
    try train(inner, steps: 200)
    #expect(orthonormalityError(inner.frame) < 1e-5)
    #expect(distance(of: inner.frame, outside: container.frame) < 1e-5)
    #expect(distance(of: inner.frame, outside: start) > 0.1)
    // Nested once more, within what the inner one is by now.
    let innermost = try inner.within(rank: 1, seed: 4)
    #expect(distance(of: innermost.frame, outside: inner.frame) < 1e-5)
    try train(innermost, steps: 50)
    #expect(distance(of: innermost.frame, outside: inner.frame) < 1e-5)
    #expect(throws: InterventionError.rankOutOfRange(rank: 7, width: 6)) {
      try container.within(rank: 7, seed: 0)
    }
  }

  @Test func frozenCopiesStay() throws {
    let rotation = try Rotation.random(rank: 2, width: 6, seed: 1)
    let frozen = rotation.frozen
    #expect(frozen.trainedParameters.isEmpty)
    #expect(!frozen.tensor.requiresGradient && rotation.tensor.requiresGradient)
    try train(rotation, steps: 5)
    #expect(frozen.frame.elements != rotation.frame.elements)
    #expect(
      frozen.frame.elements == (try Rotation.random(rank: 2, width: 6, seed: 1).frame.elements))
  }

  /// Steps of AdamW that turn the rows toward others, which change.
  private func train(_ rotation: Rotation, steps: Int) throws {
    let optimizer = AdamW(rotation.trainedParameters, orthonormal: rotation.trainedParameters)
    var generator = RandomGenerator(seed: 9)
    for _ in 0..<steps {
      let towards = Tensor.normal([rotation.rank, rotation.width], using: &generator)
      (-1 * (rotation.tensor * towards).sum()).backward()
      try optimizer.step(learningRate: 0.05)
    }
  }
}

import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// The evidence beside an accuracy: divergence against plain loops, the illusion test as controls,
/// and the words for controls.
@Suite struct EvidenceTests {
  private func rows(_ count: Int, _ width: Int, scale: Float = 1, seed: UInt64) -> Tensor {
    var generator = RandomGenerator(seed: seed)
    let values = (0..<count * width).map { index in
      // Coordinates of different spread.
      scale * Float(1 + index % width) * Float(generator.normal()) + 3
    }
    return Tensor(values, shape: [count, width])
  }

  private func lists(_ tensor: Tensor) -> [[Double]] {
    (0..<tensor.rows).map { row in (0..<tensor.width).map { Double(tensor[row, $0]) } }
  }

  /// The solution of A x = b by Gauss's elimination with pivots.
  private func solved(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
    var (a, b) = (matrix, vector)
    let n = b.count
    for column in 0..<n {
      let pivot = (column..<n).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
      a.swapAt(column, pivot)
      b.swapAt(column, pivot)
      for row in column + 1..<n {
        let factor = a[row][column] / a[column][column]
        for index in column..<n { a[row][index] -= factor * a[column][index] }
        b[row] -= factor * b[column]
      }
    }
    var x = Array(repeating: 0.0, count: n)
    for row in (0..<n).reversed() {
      x[row] = (b[row] - (row + 1..<n).reduce(0) { $0 + a[row][$1] * x[$1] }) / a[row][row]
    }
    return x
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// More rows than coordinates, and fewer.
  @Test(arguments: [(40, 6), (9, 14)]) func divergenceAgainstLoops(count: Int, width: Int) throws {
    let (reference, natural, patched) = (
      rows(count, width, seed: 1), rows(21, width, seed: 2), rows(13, width, scale: 2.5, seed: 3)
    )
    let found = try #require(
      try ActivationDivergence(of: patched, natural: natural, reference: reference))
    let known = lists(reference)
    let (n, d) = (Double(count), Double(width))
    let mean = (0..<width).map { column in known.reduce(0) { $0 + $1[column] } / n }
    let centered = known.map { row in zip(row, mean).map { $0 - $1 } }
    var covariance = (0..<width).map { i in
      (0..<width).map { j in centered.reduce(0) { $0 + $1[i] * $1[j] } / n }
    }
    let m = (0..<width).reduce(0) { $0 + covariance[$1][$1] } / d
    var (delta, beta) = (0.0, 0.0)
    for i in 0..<width {
      for j in 0..<width {
        let target = i == j ? m : 0
        delta += (covariance[i][j] - target) * (covariance[i][j] - target)
        for row in centered {
          let difference = row[i] * row[j] - covariance[i][j]
          beta += difference * difference / (n * n)
        }
      }
    }
    let lambda = min(beta, delta) / delta
    #expect(lambda > 0.01 && lambda <= 1)
    // Float32's rounding in the decomposition.
    #expect(abs(found.shrinkage - lambda) < 1e-5)
    for i in 0..<width {
      for j in 0..<width {
        covariance[i][j] = (1 - lambda) * covariance[i][j] + (i == j ? lambda * m : 0)
      }
    }
    func mahalanobis(_ row: [Double]) -> Double {
      let centered = zip(row, mean).map { $0 - $1 }
      let solution = solved(covariance, centered)
      return zip(centered, solution).reduce(0) { $0 + $1.0 * $1.1 }.squareRoot()
    }
    func nearest(_ row: [Double]) -> Double {
      known.map { other in
        zip(row, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }.min() ?? .nan
    }
    for (distance, measure, rounding) in [
      (found.nearest, nearest, 1e-12), (found.mahalanobis, mahalanobis, 1e-4),
    ] {
      let (own, other) = (lists(natural).map(measure), lists(patched).map(measure))
      #expect(abs(distance.natural - median(own)) <= rounding * median(own))
      #expect(abs(distance.patched - median(other)) <= rounding * median(other))
      let limit = own.sorted()[19]
      // 0.95 of 20 steps is the 19th of 0 to 20.
      #expect(abs(distance.beyond - Double(other.count { $0 > limit }) / 13) < 1e-12)
      #expect(distance.patched > distance.natural)
    }
    #expect((found.reference, found.natural, found.patched) == (count, 21, 13))
  }

  @Test func rowsWithoutSpread() throws {
    let same = Tensor(rows: [[1, 2], [1, 2], [1, 2]])
    #expect(try ActivationDivergence(of: same, natural: same, reference: same) == nil)
    let two = Tensor(rows: [[1, 2], [3, 1]])
    #expect(try ActivationDivergence(of: two, natural: two, reference: two) == nil)
  }

  /// A swap of the whole vector leaves natural vectors; no controls, no evidence.
  @Test func divergenceOfAFit() throws {
    let model = try TinyModels.model("llama-gqa")
    let examples = TinyModels.examples(24, seed: 3)
    let alignment = try DistributedAlignmentSearch(site: .blockOutput(1, .last), dimensions: 16)
      .alignment(of: .random(rank: 16, width: 16, seed: 5), model, on: examples)
    let whole = try #require(
      try alignment.evaluate(on: examples, controls: [.selfSwap]).divergence)
    // All directions: patched rows are the sources, and those of the fit are the reference.
    #expect(whole.nearest.patched < 1e-5 && whole.nearest.natural == 0)
    #expect(try alignment.evaluate(on: examples, controls: []).divergence == nil)
  }

  @Test func illusionTestAsControls() throws {
    let model = try TinyModels.model("llama-gqa")
    let examples = TinyModels.examples(24, seed: 3)
    let alignment = try DistributedAlignmentSearch(site: .mlpHidden(1, .last), dimensions: 2)
      .alignment(of: .random(rank: 2, width: 24, seed: 5), model, on: examples)
    let test = try alignment.illusionTest(on: examples)
    let report = try alignment.evaluate(on: examples, controls: [.rowSpace, .nullSpace])
    #expect(report.controls.map(\.name) == ["row_space", "null_space"])
    #expect(report.control(.rowSpace)?.iia == test.rowSpace)
    #expect(report.control(.nullSpace)?.iia == test.nullSpace && report.notes == nil)
    let other = try DistributedAlignmentSearch(site: .blockOutput(1, .last), dimensions: 1)
      .alignment(of: .random(rank: 1, width: 16, seed: 1), model, on: examples)
    let asked = try other.evaluate(on: examples, controls: [.rowSpace])
    #expect(asked.controls.isEmpty && asked.notes?[0].hasPrefix("no control row-space") == true)
    #expect(try other.evaluate(on: examples).notes == nil)
  }

  @Test func wordsForControls() throws {
    #expect(try ControlKind.parsing("all") == Set(ControlKind.allCases))
    #expect(try ControlKind.parsing("none").isEmpty && ControlKind.parsing("false").isEmpty)
    #expect(try ControlKind.parsing("self-swap,random-model") == [.selfSwap, .randomModel])
    let illusion: Set<ControlKind> = [.rowSpace, .nullSpace]
    #expect(try ControlKind.parsing("pca,illusion") == illusion.union([.principalComponents]))
    for text in ["", "self_swap", "all,none", "pca,"] {
      #expect(
        line { _ = try ControlKind.parsing(text) }?.hasPrefix("controls: expected all, none")
          == true)
    }
  }
}

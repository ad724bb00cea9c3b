import Foundation
import InterchangeInterventions
import InterchangeTensors
import Testing

@Suite struct BoundlessInterchangeTests {
  private static func intervention(
    width: Int, boundary: Float, temperature: Double
  ) throws -> BoundlessInterchange {
    BoundlessInterchange(
      try .random(rank: width, width: width, seed: 3), boundary: boundary,
      temperature: temperature)
  }

  /// m_i = σ((β·d − i) / T), by a loop in double precision.
  private static func mask(width: Int, boundary: Double, temperature: Double) -> [Double] {
    (0..<width).map { 1 / (1 + exp(-(boundary * Double(width) - Double($0)) / temperature)) }
  }

  /// h + Σ m_i r_i (r_i · (s − h)), by loops in double precision.
  private static func reference(
    _ base: Rows, _ source: Rows, _ frame: Rows, _ mask: [Double]
  ) -> Rows {
    zip(base, source).map { base, source in
      var result = base
      for (row, share) in zip(frame, mask) {
        let step = share * dot(row, zip(source, base).map { $0 - $1 })
        for column in result.indices { result[column] += step * row[column] }
      }
      return result
    }
  }

  struct Setting: Sendable, CustomTestStringConvertible {
    let width: Int
    let boundary: Float
    let temperature: Double

    var testDescription: String { "width \(width), β \(boundary), T \(temperature)" }

    static let all = [1, 2, 9, 64].flatMap { width in
      [1e-3, 0.3, 0.5, 1].flatMap { boundary in
        [50, 1, 0.1].map { Setting(width: width, boundary: boundary, temperature: $0) }
      }
    }
  }

  @Test(arguments: Setting.all)
  func maskAndSwapEqualPlainLoops(_ setting: Setting) throws {
    let (width, temperature) = (setting.width, setting.temperature)
    let swap = try Self.intervention(
      width: width, boundary: setting.boundary, temperature: temperature)
    let mask = Self.mask(
      width: width, boundary: Double(setting.boundary), temperature: temperature)
    // σ is at most a quarter as steep as its argument, which float32 rounds at the size of d / T.
    let rounding = 1e-6 + Double(width) / temperature * 1.2e-7 / 4
    #expect(swap.mask.shape == [width])
    expectClose(swap.mask.reshaped([1, width]), [mask], within: rounding, "mask")
    let (base, source) = (random([5, width], seed: 1), random([5, width], seed: 2))
    // A coordinate of a difference of normal vectors is below 8.
    expectClose(
      swap(base, sources: [source]),
      Self.reference(
        base.rowsInDouble, source.rowsInDouble, swap.rotation.frame.rowsInDouble, mask),
      within: 5e-6 + 8 * rounding, "swap")
  }

  /// The mask doesn't rise from one coordinate to the next, and its middle lies at the boundary.
  @Test func theFirstCoordinatesAreSwappedMost() throws {
    let swap = try Self.intervention(width: 16, boundary: 0.5, temperature: 2)
    let mask = swap.mask.elements
    #expect(zip(mask, mask.dropFirst()).allSatisfy { $0 > $1 })
    #expect(mask[8] == 0.5 && mask[7] > 0.5 && mask[9] < 0.5)
    for (above, below) in [(7, 9), (4, 12), (1, 15)] {
      #expect(abs(mask[above] + mask[below] - 1) < 1e-6)
    }
  }

  @Test(arguments: [(0.3, 50.0), (0.3, 1.0), (0.62, 0.5), (1.0, 2.0)])
  func gradients(boundary: Float, temperature: Double) throws {
    let swap = try Self.intervention(width: 9, boundary: boundary, temperature: temperature)
    let base = random([3, 9], seed: 1).requiringGradient()
    let source = random([3, 9], seed: 2).requiringGradient()
    let weights = random([3, 9], seed: 20)
    let loss = (swap(base, sources: [source]) * weights).sum()
    let frame = swap.rotation.frame.rowsInDouble
    let (b, s) = (base.rowsInDouble, source.rowsInDouble)
    func value(_ base: Rows, _ source: Rows, _ frame: Rows, _ boundary: Double) -> Double {
      let mask = Self.mask(width: 9, boundary: boundary, temperature: temperature)
      return zip(Self.reference(base, source, frame, mask), weights.rowsInDouble)
        .reduce(0) { $0 + dot($1.0, $1.1) }
    }
    // Before the pass that forgets the recording.
    let found = loss.gradients(of: [base, source])
    loss.backward()
    // The slope in β is up to d / (4 T) times a sum of some tens.
    expectSlopes(
      swap.boundary.gradient, of: { value(b, s, frame, $0[0][0]) }, at: swap.boundary.value,
      within: 1e-4, "β")
    expectSlopes(
      swap.rotation.parameter.gradient, of: { value(b, s, $0, Double(boundary)) },
      at: swap.rotation.frame, within: 5e-5, "R")
    expectSlopes(
      found[0], of: { value($0, s, frame, Double(boundary)) }, at: base, within: 5e-6, "base")
    expectSlopes(
      found[1], of: { value(b, $0, frame, Double(boundary)) }, at: source, within: 5e-6, "source")
  }

  /// The gradient of the penalty, the mean of the mask: (d / T) · mean of m_i (1 − m_i).
  @Test func gradientOfTheMask() throws {
    let swap = try Self.intervention(width: 12, boundary: 0.4, temperature: 3)
    swap.mask.mean().backward()
    let mask = Self.mask(width: 12, boundary: Double(Float(0.4)), temperature: 3)
    let expected = 12.0 / 3 * mask.reduce(0) { $0 + $1 * (1 - $1) } / 12
    #expect(abs(Double(try #require(swap.boundary.gradient).scalar) - expected) < 1e-6)
    #expect(swap.rotation.parameter.gradient == nil)
  }

  /// ⌈β·d⌉: the coordinates i < β·d, at least one, at most all.
  @Test(
    arguments: [
      (16, 1e-3, 1), (16, 0.5, 8), (16, 1, 16), (1, 1e-3, 1), (1, 1, 1), (7, 0.5, 4),
      (2000, 1e-3, 3),  // the float32 nearest to 1e-3 lies above it
      (8, Float(0.375), 3), (8, Float(0.375).nextUp, 4), (8, Float(0.375).nextDown, 3),
      (8, Float(0.125), 1), (8, Float(0.125).nextUp, 2), (8, Float(1).nextDown, 8),
      (8, 0, 1), (8, -1, 1), (8, 1.5, 8),
    ] as [(Int, Float, Int)])
  func dimensions(width: Int, boundary: Float, expected: Int) throws {
    // A unit matrix: a random rotation of width 2000 takes seconds.
    let unit = Tensor(
      (0..<width * width).map { $0 % (width + 1) == 0 ? 1 : 0 }, shape: [width, width])
    let swap = BoundlessInterchange(try Rotation(orthonormal: unit), boundary: boundary)
    #expect(swap.dimensions == expected)
  }

  /// As T falls to 0 the mask becomes the step that ``BoundlessInterchange/dimensions`` counts.
  @Test(arguments: [1e-3, 0.1, 0.3, 0.45, 0.8, 1] as [Float])
  func withoutTemperatureTheMaskIsAStep(boundary: Float) throws {
    let swap = try Self.intervention(width: 12, boundary: boundary, temperature: 1e-6)
    let mask = swap.mask.elements
    #expect(mask[0] == 1)
    #expect(mask == (0..<12).map { $0 < swap.dimensions ? 1 : 0 })
    // Then it is the distributed interchange of the rotation's leading rows.
    let (base, source) = (random([4, 12], seed: 1), random([4, 12], seed: 2))
    let leading = DistributedInterchange(swap.rotation.leading(swap.dimensions))
    expectClose(
      swap(base, sources: [source]), leading(base, sources: [source]).rowsInDouble, within: 5e-6)
  }

  @Test(arguments: Setting.all)
  func selfSwapIsExact(_ setting: Setting) throws {
    let swap = try Self.intervention(
      width: setting.width, boundary: setting.boundary, temperature: setting.temperature)
    let base = 1000 * random([6, setting.width], seed: 1)
    #expect(
      swap(base, sources: [base]).elements.map(\.bitPattern) == base.elements.map(\.bitPattern))
  }

  @Test(
    arguments: [
      (-1, 1e-3), (0, 1e-3), (1e-3, 1e-3), (0.3, 0.3), (1, 1), (1.01, 1), (.infinity, 1),
    ] as [(Float, Float)])
  func clampedBoundary(boundary: Float, expected: Float) throws {
    let swap = try Self.intervention(width: 4, boundary: boundary, temperature: 1)
    swap.clampBoundary()
    #expect(swap.boundary.value.elements == [expected])
  }

  @Test func parameters() throws {
    let swap = BoundlessInterchange(try .random(rank: 5, width: 5, seed: 1))
    #expect((swap.sourceCount, swap.parameterCount, swap.temperature) == (1, 26, 50))
    #expect(swap.boundary.value.elements == [0.5])
    #expect(swap.parameters.contains { $0 === swap.boundary })
    #expect(swap.orthonormalParameters.map { $0 === swap.rotation.parameter } == [true])
    let frozen = BoundlessInterchange(swap.rotation.frozen)
    #expect(frozen.parameters.map { $0 === frozen.boundary } == [true])
    #expect(frozen.orthonormalParameters.isEmpty)
  }

  /// A row's result doesn't depend on the other rows.
  @Test func rowsAreIndependent() throws {
    let swap = try Self.intervention(width: 16, boundary: 0.4, temperature: 2)
    let (base, source) = (random([40, 16], seed: 1), random([40, 16], seed: 2))
    let together = swap(base, sources: [source])
    for row in [0, 17, 39] {
      let alone = swap(base.rowSlice(row..<row + 1), sources: [source.rowSlice(row..<row + 1)])
      expectClose(alone, [together.rowsInDouble[row]], within: 2e-6)
    }
  }
}

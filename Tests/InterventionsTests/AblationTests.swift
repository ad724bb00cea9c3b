import InterchangeInterventions
import InterchangeTensors
import Testing

/// The fixed interventions against plain loops in double precision.
@Suite struct AblationTests {
  private let base = random([4, 7], seed: 1)
  private let source = random([4, 7], seed: 2)

  private func expect(
    _ intervention: any Intervention, within tolerance: Double = 1e-6,
    _ element: (_ h: Double, _ s: Double) -> Double
  ) {
    let found = intervention(base, sources: intervention.sourceCount == 0 ? [] : [source])
    let expected = zip(base.rowsInDouble, source.rowsInDouble).map { zip($0, $1).map(element) }
    expectClose(found, expected, within: tolerance)
    #expect(intervention.parameterCount == 0)
  }

  /// A few operations on numbers of order 1 each.
  @Test func elementwise() {
    expect(ZeroAblation(), within: 0) { _, _ in 0 }
    expect(Addition()) { $0 + $1 }
    expect(Addition(scale: -2.5)) { $0 - 2.5 * $1 }
    expect(Subtraction()) { $0 - $1 }
    expect(Subtraction(scale: 3)) { $0 - 3 * $1 }
    expect(Interpolation(share: 0.25)) { 0.25 * $1 + 0.75 * $0 }
    expect(Interpolation(share: 1)) { $1 }
    expect(CoordinateClamp(to: -0.5...0.25), within: 0) { h, _ in min(max(h, -0.5), 0.25) }
    expect(CoordinateClamp(to: 2...2), within: 0) { _, _ in 2 }
  }

  /// Exactly nothing: no step to the source, and the source as it is already there.
  @Test func nothingIsExact() {
    #expect(Interpolation(share: 0)(base, sources: [source]).elements == base.elements)
    #expect(Interpolation(share: 0.3)(base, sources: [base]).elements == base.elements)
    let inside = SubspaceIntervention(Interpolation(share: 0.3), in: rotation)
    #expect(inside(base, sources: [base]).elements == base.elements)
    #expect(Addition(scale: 0)(base, sources: [source]).elements == base.elements)
  }

  private let rotation = try! Rotation.random(rank: 3, width: 7, seed: 5)

  @Test func renormalizedKeepsTheLength() {
    let found = Renormalization(of: FullInterchange())(base, sources: [source]).rowsInDouble
    for (row, (h, s)) in zip(base.rowsInDouble, source.rowsInDouble).enumerated() {
      let factor = (dot(h, h) / dot(s, s)).squareRoot()
      for column in s.indices { #expect(abs(found[row][column] - factor * s[column]) < 5e-6) }
    }
    let nothing = Renormalization(of: ZeroAblation())(base, sources: [])
    #expect(nothing.elements.allSatisfy { $0 == 0 })
  }

  /// Only the named columns change, and as the intervention says.
  @Test func someCoordinates() {
    let found = CoordinateIntervention(Subtraction(), in: 2..<5)(base, sources: [source])
    let expected = zip(base.rowsInDouble, source.rowsInDouble).map { h, s in
      h.indices.map { (2..<5).contains($0) ? h[$0] - s[$0] : h[$0] }
    }
    expectClose(found, expected, within: 1e-6)
  }

  /// h + Rᵀ(f(R h) − R h): coordinates inside become f's, what is orthogonal stays.
  @Test func insideASubspace() {
    let clamp = SubspaceIntervention(CoordinateClamp(to: 1.5...1.5), in: rotation)
    let frame = rotation.frame.rowsInDouble
    let expected = base.rowsInDouble.map { h in
      var result = h
      for direction in frame {
        let step = 1.5 - dot(direction, h)
        for column in h.indices { result[column] += step * direction[column] }
      }
      return result
    }
    expectClose(clamp(base, sources: []), expected, within: 5e-6)
    // A full swap inside is distributed interchange.
    let swap = SubspaceIntervention(FullInterchange(), in: rotation)(base, sources: [source])
    expectClose(
      swap, DistributedInterchange(rotation)(base, sources: [source]).rowsInDouble, within: 5e-6)
  }

  /// The gradient of what stays inside the range is 1, of what was outside 0.
  @Test func gradients() {
    let h = base.requiringGradient()
    let clamped = CoordinateClamp(to: -0.5...0.25)(h, sources: []).sum().gradients(of: [h])[0]
    #expect(clamped.elements == base.elements.map { (-0.5...0.25).contains($0) ? 1 : 0 })
    let zeroed = (ZeroAblation()(h, sources: []) + 0 * h).sum().gradients(of: [h])[0]
    #expect(zeroed.elements.allSatisfy { $0 == 0 })
    // ‖h‖ is kept whatever the source is, so the source's length has no gradient.
    let s = source.requiringGradient()
    let kept = Renormalization(of: FullInterchange())(base, sources: [s])
    let along = (kept * base).sum().gradients(of: [s])[0].rowsInDouble
    for (gradient, s) in zip(along, source.rowsInDouble) {
      #expect(abs(dot(gradient, s)) < 2e-5)
    }
  }
}

import Foundation
import InterchangeInterventions
import InterchangeTensors
import Testing

/// The six forms against pyreft's classes, values and gradients, and against their formulas.
@Suite struct ReFTTests {
  struct Reference: Decodable {
    struct Gradients: Decodable {
      let base, projection, bias: [Float]
      let weight: [Float]?
    }
    struct Case: Decodable {
      let form: ReFT.Form
      let activation: Activation?
      let base, lossWeights, projection, bias, result: [Float]
      let weight: [Float]?
      let gradients: Gradients
    }
    let width, rank, rows: Int
    let cases: [Case]
  }

  private static func reference() throws -> Reference {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/interventions/reft.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }

  /// The largest difference from numbers in pyreft's order.
  private func distance(_ found: Tensor?, _ expected: [Float]) -> Float {
    guard let found, found.count == expected.count else { return .infinity }
    return zip(found.elements, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test func valuesAndGradientsArePyrefts() throws {
    let reference = try Self.reference()
    let shape = [reference.rank, reference.width]
    #expect(Set(reference.cases.map(\.form)) == Set(ReFT.Form.allCases))
    for found in reference.cases {
      let frame = Tensor(found.projection, shape: shape)
      let parameter = Parameter("projection", frame)
      let reft = ReFT(
        found.form,
        found.form.isOrthonormal
          ? .rotation(try Rotation(orthonormal: frame)) : .free(parameter),
        weight: found.weight.map { Tensor($0, shape: shape) }, bias: Tensor(found.bias),
        activation: found.activation)
      let base = Tensor(found.base, shape: [reference.rows, reference.width])
        .requiringGradient()
      let result = reft(base, sources: [])
      let weights = Tensor(found.lossWeights, shape: base.shape)
      let loss = (result * weights).sum()
      // Before the pass that forgets the recording.
      let baseGradients = loss.gradients(of: [base])
      loss.backward()
      let name = "\(found.form) \(found.activation?.rawValue ?? "linear")"
      // float32 on both sides, sums of at most 8 terms of order 1.
      #expect(distance(result, found.result) < 1e-5, "\(name)")
      #expect(distance(baseGradients[0], found.gradients.base) < 1e-5, "\(name) h")
      let written = reft.rotation?.parameter ?? parameter
      #expect(distance(written.gradient, found.gradients.projection) < 2e-5, "\(name) P")
      #expect(distance(reft.bias.gradient, found.gradients.bias) < 1e-5, "\(name) b")
      if let expected = found.gradients.weight {
        #expect(distance(reft.weight?.gradient, expected) < 1e-5, "\(name) W")
      }
    }
  }

  /// At its start a form leaves h as it is, but for ConsReFT, which empties its subspace.
  @Test(arguments: ReFT.Form.allCases)
  func starts(form: ReFT.Form) throws {
    let base = 10 * random([4, 8], seed: 1)
    let rotation = try Rotation.random(rank: 3, width: 8, seed: 2)
    let reft =
      form.isOrthonormal
      ? ReFT(form, rotation: rotation) : ReFT(form, projection: random([3, 8], seed: 3))
    let result = reft(base, sources: [])
    if form == .consreft {
      #expect(result.linear(rotation.frame).elements.allSatisfy { abs($0) < 1e-4 })
    } else {
      #expect(result.elements == base.elements)
    }
    #expect(reft.sourceCount == 0 && reft.width == 8 && reft.rank == 3)
    let sizes = 3 * 8 + (form.hasWeight ? 3 * 8 : 0) + 3
    #expect(reft.parameterCount == sizes)
    #expect(reft.orthonormalParameters.count == (form.isOrthonormal ? 1 : 0))
  }
}

/// RED and steering against their formulas.
@Suite struct RepresentationEditingTests {
  @Test func redIsScaleAndShift() throws {
    let (base, scale, bias) = (random([3, 5], seed: 1), random([5], seed: 2), random([5], seed: 3))
    let red = RepresentationEditing(scale: scale, bias: bias)
    let weights = random([3, 5], seed: 4)
    let operand = base.requiringGradient()
    let loss = (red(operand, sources: []) * weights).sum()
    // Before the pass that forgets the recording.
    let operandGradients = loss.gradients(of: [operand])
    loss.backward()
    let (h, s, b, g) = (
      base.rowsInDouble, scale.elements.map(Double.init), bias.elements.map(Double.init),
      weights.rowsInDouble
    )
    let columns = 0..<5
    expectClose(
      red(base, sources: []), h.map { row in columns.map { s[$0] * row[$0] + b[$0] } }, within: 1e-6
    )
    expectClose(
      operandGradients[0], g.map { row in columns.map { s[$0] * row[$0] } },
      within: 1e-6)
    expectClose(
      red.scale.gradient?.reshaped([1, 5]),
      [columns.map { column in zip(h, g).reduce(0) { $0 + $1.0[column] * $1.1[column] } }],
      within: 1e-6)
    expectClose(
      red.bias.gradient?.reshaped([1, 5]),
      [columns.map { column in g.reduce(0) { $0 + $1[column] } }], within: 1e-6)
    let fresh = RepresentationEditing(width: 5)
    #expect(fresh(base, sources: []).elements == base.elements)
  }

  @Test func steeringAddsAMultiple() throws {
    let (base, vector) = (random([3, 5], seed: 1), random([5], seed: 2))
    let steering = Steering(vector, coefficient: -1.5, isTrained: true)
    let weights = random([3, 5], seed: 4)
    (steering(base, sources: []) * weights).sum().backward()
    let (h, v) = (base.rowsInDouble, vector.elements.map(Double.init))
    expectClose(
      steering(base, sources: []), h.map { row in zip(row, v).map { $0 - 1.5 * $1 } }, within: 1e-6)
    let slope = weights.rowsInDouble.reduce(0) { $0 + dot($1, v) }
    #expect(abs(Double(steering.coefficient.gradient?.elements[0] ?? .nan) - slope) < 1e-5)
    #expect(Steering(vector).parameters.isEmpty)
    #expect(steering.scaledVector.elements == vector.elements.map { -1.5 * $0 })
  }

  @Test func vectorsFromActivations() throws {
    let direction = [Double](arrayLiteral: 3, 0, -4, 0)
    let a = random([40, 4], seed: 1)
    let b =
      a
      + Tensor(
        (0..<40).flatMap { row in direction.map { Float($0 * (1 + 0.1 * sin(Double(row)))) } },
        shape: [40, 4])
    let mean = try Steering.differenceOfMeans(from: a, to: b)
    let scale = (0..<40).reduce(0.0) { $0 + 1 + 0.1 * sin(Double($1)) } / 40
    expectClose(mean.reshaped([1, 4]), [direction.map { scale * $0 }], within: 1e-5)
    // All differences lie on one line: its principal direction is the mean itself.
    let principal = try Steering.principalDifference(from: a, to: b)
    expectClose(principal.reshaped([1, 4]), [direction.map { scale * $0 }], within: 1e-4)
    #expect(throws: InterventionError.self) {
      try Steering.principalDifference(from: a, to: b.rowSlice(0..<3))
    }
    #expect(throws: InterventionError.self) {
      try Steering.differenceOfMeans(from: .zeros([0, 4]), to: b)
    }
  }
}

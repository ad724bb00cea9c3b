import InterchangeInterventions
import InterchangeTensors
import Testing

/// h + Rᵀ(W h + b − R h)
@Suite struct LoReFTTests {
  private static func reference(_ base: Rows, _ frame: Rows, _ weight: Rows, _ bias: Rows) -> Rows {
    base.map { h in
      var result = h
      for k in frame.indices {
        let step = dot(weight[k], h) + bias[0][k] - dot(frame[k], h)
        for column in result.indices { result[column] += step * frame[k][column] }
      }
      return result
    }
  }

  private static let shapes: [(rows: Int, rank: Int, width: Int)] = [
    (1, 1, 1), (1, 2, 7), (5, 3, 8), (2, 16, 16), (33, 4, 64),
  ]

  @Test(arguments: shapes)
  func againstLoops(rows: Int, rank: Int, width: Int) throws {
    let rotation = try Rotation.random(rank: rank, width: width, seed: 3)
    let weight = random([rank, width], seed: 4)
    let bias = random([rank], seed: 5)
    let reft = ReFT(.loreft, .rotation(rotation), weight: weight, bias: bias)
    let base = random([rows, width], seed: 1)
    let found = reft(base, sources: [])
    // Sums of at most 64 float32 terms; W h is of the order of √width.
    expectClose(
      found,
      Self.reference(
        base.rowsInDouble, rotation.frame.rowsInDouble, weight.rowsInDouble,
        bias.reshaped([1, rank]).rowsInDouble), within: 2e-5)
    #expect(reft.sourceCount == 0)
    #expect(reft.parameterCount == 2 * rank * width + rank)
  }

  @Test(arguments: shapes)
  func startsAsTheIdentity(rows: Int, rank: Int, width: Int) throws {
    let reft = ReFT(rotation: try Rotation.random(rank: rank, width: width, seed: 3))
    let base = 100 * random([rows, width], seed: 1)
    #expect(
      reft(base, sources: []).elements.map(\.bitPattern) == base.elements.map(\.bitPattern))
    #expect(reft.weight!.value.elements == reft.rotation!.frame.elements)
    #expect(reft.bias.value.elements.allSatisfy { $0 == 0 })
  }

  @Test func gradients() throws {
    let rotation = try Rotation.random(rank: 3, width: 8, seed: 3)
    let reft = ReFT(
      .loreft, .rotation(rotation), weight: random([3, 8], seed: 4), bias: random([3], seed: 5))
    let base = random([4, 8], seed: 1).requiringGradient()
    let weights = random([4, 8], seed: 20)
    let loss = (reft(base, sources: []) * weights).sum()
    // Before the pass that forgets the recording.
    let baseGradients = loss.gradients(of: [base])
    loss.backward()
    func value(_ base: Rows, _ frame: Rows, _ weight: Rows, _ bias: Rows) -> Double {
      zip(Self.reference(base, frame, weight, bias), weights.rowsInDouble)
        .reduce(0) { $0 + dot($1.0, $1.1) }
    }
    let (h, r) = (base.rowsInDouble, rotation.frame.rowsInDouble)
    let w = reft.weight!.value.rowsInDouble
    let bias = reft.bias.value.reshaped([1, 3])
    let b = bias.rowsInDouble
    expectSlopes(
      rotation.parameter.gradient, of: { value(h, $0, w, b) }, at: rotation.frame, within: 3e-5,
      "R")
    expectSlopes(
      reft.weight!.gradient, of: { value(h, r, $0, b) }, at: reft.weight!.value, within: 1e-5, "W")
    expectSlopes(
      reft.bias.gradient?.reshaped([1, 3]), of: { value(h, r, w, $0) }, at: bias, within: 1e-5, "b")
    expectSlopes(
      baseGradients[0], of: { value($0, r, w, b) }, at: base, within: 1e-5, "h")
  }

  /// The change by LoReFT lies in the subspace of R, also after training, when R stays fixed.
  @Test func staysInAFixedSubspace() throws {
    let rotation = try Rotation.random(rank: 2, width: 10, seed: 3).frozen
    let reft = ReFT(rotation: rotation)
    #expect(reft.parameters.map(\.name) == ["weight", "bias"])
    #expect(reft.orthonormalParameters.isEmpty)
    let optimizer = AdamW(reft.parameters, orthonormal: reft.orthonormalParameters)
    let (base, target) = (random([6, 10], seed: 1), random([6, 10], seed: 2))
    var losses: [Float] = []
    for _ in 0..<100 {
      let error = reft(base, sources: []) - target
      let loss = (error * error).mean()
      losses.append(loss.scalar)
      loss.backward()
      try optimizer.step(learningRate: 0.05)
    }
    #expect(losses[99] < 0.9 * losses[0])
    let change = reft(base, sources: []) - base
    #expect(change.elements.contains { abs($0) > 0.1 })
    #expect(distance(of: change, outside: rotation.frame) < 1e-5)
  }

  /// W starts as a copy: training it doesn't move the rotation.
  @Test func weightAndRotationAreApart() throws {
    let reft = ReFT(rotation: try Rotation.random(rank: 2, width: 6, seed: 3))
    let start = reft.rotation!.frame.elements
    let optimizer = AdamW([reft.weight!])
    reft(random([3, 6], seed: 1), sources: []).sum().backward()
    try optimizer.step(learningRate: 0.1)
    #expect(reft.rotation!.frame.elements == start)
    #expect(reft.weight!.value.elements != start)
    #expect(reft.parameters.map(\.name) == ["rotation", "weight", "bias"])
    #expect(reft.orthonormalParameters.map(\.name) == ["rotation"])
  }
}

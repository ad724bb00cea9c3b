import Foundation
import InterchangeInterventions
import InterchangeTensors
import Testing

/// Gates and the swaps through them.
@Suite struct FeatureGateTests {
  /// h + D(f + m ⊙ (f_s − f)) − D(f) over coordinates is h + m ⊙ (s − h).
  @Test(arguments: [1.0, 0.1])
  func swapsAreWeighted(temperature: Double) {
    let gate = FeatureGate(featureCount: 5, temperature: temperature)
    gate.logits.value = Tensor([-2, -0.1, 0, 0.1, 2])
    let mask = gate.logits.value.elements.map { 1 / (1 + exp(-Double($0) / temperature)) }
    expectClose(gate.mask.reshaped([1, 5]), [mask], within: 1e-6)
    let (base, source) = (random([4, 5], seed: 1), random([4, 5], seed: 2))
    let expected = zip(base.rowsInDouble, source.rowsInDouble).map { base, source in
      base.indices.map { base[$0] + mask[$0] * (source[$0] - base[$0]) }
    }
    let swap = GatedInterchange(CoordinateFeaturizer(width: 5), gate: gate)
    expectClose(swap(base, sources: [source]), expected, within: 2e-6)
    gate.isHard = true
    #expect(gate.chosen == [3, 4] && gate.mask.elements == [0, 0, 0, 1, 1])
    let hard = swap(base, sources: [source]).rowsInDouble
    for row in 0..<4 {
      #expect(hard[row].prefix(3) == base.rowsInDouble[row].prefix(3))
      // h + (s − h) is s but for its rounding.
      #expect((3..<5).allSatisfy { abs(hard[row][$0] - source.rowsInDouble[row][$0]) < 1e-6 })
    }
  }

  @Test func groupsOpenTogether() {
    let gate = FeatureGate(featureCount: 6, groups: [0, 0, 1, 1, 2, 2])
    gate.logits.value = Tensor([3, -3, 0])
    let open = gate.gates.elements
    #expect(gate.count == 3)
    #expect(gate.mask.elements == [open[0], open[0], open[1], open[1], open[2], open[2]])
    gate.isHard = true
    #expect(gate.mask.elements == [1, 1, 0, 0, 0, 0] && gate.chosen == [0])
  }

  @Test func gradients() throws {
    let gate = FeatureGate(featureCount: 6, groups: [0, 1, 0, 1, 2, 2], temperature: 0.7)
    gate.logits.value = Tensor([0.5, -0.4, 0.1])
    let rotation = try Rotation.random(rank: 6, width: 6, seed: 2)
    let swap = GatedInterchange(RotationFeaturizer(rotation), gate: gate)
    let (base, source) = (random([3, 6], seed: 1), random([3, 6], seed: 2))
    let weights = random([3, 6], seed: 3)
    (swap(base, sources: [source]) * weights).sum().backward()
    func value(_ frame: Rows, _ logits: [Double]) -> Double {
      let mask = [0, 1, 0, 1, 2, 2].map { 1 / (1 + exp(-logits[$0] / 0.7)) }
      var total = 0.0
      for (row, (base, source)) in zip(base.rowsInDouble, source.rowsInDouble).enumerated() {
        var result = base
        let difference = zip(source, base).map { $0 - $1 }
        for (direction, share) in zip(frame, mask) {
          let step = share * dot(direction, difference)
          for column in result.indices { result[column] += step * direction[column] }
        }
        total += dot(result, weights.rowsInDouble[row])
      }
      return total
    }
    let frame = rotation.frame.rowsInDouble
    expectSlopes(
      gate.logits.gradient?.reshaped([1, 3]), of: { value(frame, $0[0]) },
      at: gate.logits.value.reshaped([1, 3]), within: 2e-5, "θ")
    let logits = gate.logits.value.elements.map(Double.init)
    expectSlopes(
      rotation.parameter.gradient, of: { value($0, logits) }, at: rotation.frame, within: 5e-5, "R")
    // Hard gates pass nothing to θ.
    gate.logits.clearGradient()
    gate.isHard = true
    (swap(base, sources: [source]) * weights).sum().backward()
    #expect(gate.logits.gradient == nil)
  }
}

import InterchangeInterventions
import InterchangeTensors
import Testing

@Suite struct RankOneSteeringTests {
  private static func reference(_ rows: Rows, _ direction: [Double], _ latents: Int) -> Rows {
    let values = rows.map { max(0, dot($0, direction)) }.sorted(by: >).prefix(latents)
    let mean = values.reduce(0, +) / Double(values.count)
    return rows.map { row in row.indices.map { row[$0] + mean * direction[$0] } }
  }

  @Test(arguments: [1, 2, 50])
  func addsTheMeanOfTheLargestLatents(latents: Int) {
    let steering = RankOneSteering(random([7], seed: 1), latents: latents)
    let rows = random([9, 7], seed: 2)
    let direction = steering.direction.value.rowsInDouble[0]
    let expected = Self.reference(rows.rowsInDouble, direction, latents)
    expectClose(steering(rows, sources: []), expected, within: 1e-5)
    // Each sequence by itself.
    let parts = [rows.rowsInDouble.prefix(4), rows.rowsInDouble.suffix(5)].flatMap {
      Self.reference(Array($0), direction, latents)
    }
    expectClose(steering(rows, sequences: [4, 5]), parts, within: 1e-5)
  }

  /// A concept that no position has adds nothing.
  @Test func nothingIsAddedBelowZero() {
    let single = RankOneSteering(Tensor([-1, 0]), latents: 1)
    #expect(single(Tensor(rows: [[2, 3], [1, 1]]), sources: []).elements == [2, 3, 1, 1])
  }

  @Test func gradient() {
    let steering = RankOneSteering(random([5], seed: 3), latents: 2)
    let (rows, weights) = (random([6, 5], seed: 4), random([6, 5], seed: 5))
    (steering(rows, sequences: [2, 4]) * weights).sum().backward()
    func loss(_ direction: Rows) -> Double {
      let parts = [rows.rowsInDouble.prefix(2), rows.rowsInDouble.suffix(4)].flatMap {
        Self.reference(Array($0), direction[0], 2)
      }
      return zip(parts, weights.rowsInDouble).reduce(0) { $0 + dot($1.0, $1.1) }
    }
    expectSlopes(
      steering.direction.gradient, of: loss, at: steering.direction.value, within: 5e-5, "v")
  }
}

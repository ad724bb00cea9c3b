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

  /// The latents that are not among the k largest, over their sequence's length; k is 2.
  private static func others(_ rows: Rows, _ direction: [Double]) -> Double {
    let values = rows.map { max(0, dot($0, direction)) }.sorted(by: >)
    return values.dropFirst(2).reduce(0, +) / Double(rows.count)
  }

  /// The gradient has that of the penalty in it, a mean over the step's sequences, of which these
  /// may be a part; its weight grows with the steps. Sequences without rows have no latents.
  @Test(arguments: [0, 1, 3], [nil, 4, 16] as [Int?])
  func gradientOfThePenalty(step: Int, batch: Int?) {
    let steering = RankOneSteering(random([5], seed: 3), latents: 2, penaltyWeight: 0.6)
    steering.prepare(step: step, of: 4)
    let (rows, weights) = (random([9, 5], seed: 4), random([9, 5], seed: 5))
    let change = steering.change(of: rows, sequences: [0, 4, 0, 5], batch: batch)
    ((rows + change) * weights).sum().backward()
    let parts = [Array(rows.rowsInDouble.prefix(4)), Array(rows.rowsInDouble.suffix(5))]
    func loss(_ direction: Rows) -> Double {
      let steered = parts.flatMap { Self.reference($0, direction[0], 2) }
      let sum = zip(steered, weights.rowsInDouble).reduce(0) { $0 + dot($1.0, $1.1) }
      let others = parts.reduce(0) { $0 + Self.others($1, direction[0]) }
      return sum + 0.6 * Double(step) / 4 * others / Double(batch ?? 4)
    }
    expectSlopes(
      steering.direction.gradient, of: loss, at: steering.direction.value, within: 5e-5, "v")
  }

  /// Where the rows themselves have a gradient, the penalty's is in it, too.
  @Test func gradientOfTheRows() {
    let steering = RankOneSteering(random([5], seed: 3), latents: 2, penaltyWeight: 0.6)
    steering.prepare(step: 1, of: 2)
    let (rows, weights) = (random([6, 5], seed: 4), random([6, 5], seed: 5))
    let read = rows.requiringGradient()
    let found = (steering(read, sequences: [6]) * weights).sum().gradients(of: [read])[0]
    let direction = steering.direction.value.rowsInDouble[0]
    func loss(_ rows: Rows) -> Double {
      let steered = Self.reference(rows, direction, 2)
      let sum = zip(steered, weights.rowsInDouble).reduce(0) { $0 + dot($1.0, $1.1) }
      return sum + 0.3 * Self.others(rows, direction)
    }
    expectSlopes(found, of: loss, at: rows, within: 5e-5, "h")
  }

  /// After a training every row gets the same vector, as long as the steering was on average.
  @Test func settled() throws {
    let steering = RankOneSteering(random([5], seed: 3), latents: 2)
    let rows = random([9, 5], seed: 4)
    #expect(!steering.isSettled && steering.addedVector == nil)
    steering.observe(rows.rowSlice(0..<4), sequences: [4])
    steering.observe(rows.rowSlice(4..<9), sequences: [3, 0, 2])
    #expect(steering.settle(isStart: false) && steering.isSettled)
    let direction = steering.direction.value.rowsInDouble[0]
    let latents: [Double] = rows.rowsInDouble.map { max(0, dot($0, direction)) }
    func mean(_ range: Range<Int>) -> Double {
      let largest = latents[range].sorted(by: >).prefix(2)
      return (largest[0] + largest[1]) / 2
    }
    let means: [Double] = [mean(0..<4), mean(4..<7), mean(7..<9)]
    let magnitude: Double = (means[0] + means[1] + means[2]) / 3
    #expect(abs(Double(try #require(steering.magnitude)) - magnitude) < 1e-5)
    let largest = try #require(latents.max())
    #expect(abs(Double(try #require(steering.largestLatent)) - largest) < 1e-5)
    steering.scale(by: -3)
    let expected: Rows = rows.rowsInDouble.map { row in
      zip(row, direction).map { $0.0 - 3 * magnitude * $0.1 }
    }
    expectClose(steering(rows, sources: []), expected, within: 1e-4)
    // What was seen before is forgotten.
    steering.observe(rows.rowSlice(7..<9), sequences: [2])
    #expect(steering.settle(isStart: false))
    #expect(abs(Double(try #require(steering.magnitude)) - means[2]) < 1e-5)
  }

  /// A direction that no row has is turned around before a training, and told of after one.
  @Test func noPositiveLatent() {
    let rows = Tensor(rows: [[-1, 2], [-3, 1]])
    let steering = RankOneSteering(Tensor([1, 0]), latents: 1)
    steering.observe(rows, sequences: [1, 1])
    #expect(!steering.settle(isStart: false) && !steering.isSettled)
    steering.observe(rows, sequences: [1, 1])
    #expect(steering.settle(isStart: true))
    #expect(steering.direction.value.elements == [-1, 0] && steering.magnitude == 2)
    #expect(steering.largestLatent == 3)
    // Nothing was observed since.
    #expect(!steering.settle(isStart: true))
    let nowhere = RankOneSteering(Tensor([0, 1]), latents: 1)
    nowhere.observe(Tensor(rows: [[1, 0]]), sequences: [1])
    #expect(!nowhere.settle(isStart: true))
  }
}

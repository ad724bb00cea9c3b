import InterchangeAlignment
import InterchangeTensors
import Testing

@Suite struct LearnedBoundaryTests {
  private typealias Change = (inout LearnedBoundary) -> Void

  /// Each wrong setting has a line that names it and what was found.
  @Test func wrongSettings() throws {
    let wrong: [(String, Change)] = [
      (
        "boundary learning rate: expected a number above 0, found 0.0", { $0.learningRate = 0 }
      ),
      (
        "boundary learning rate: expected a number above 0, found nan", { $0.learningRate = .nan }
      ),
      (
        "boundary learning rate: expected a number above 0, found inf",
        { $0.learningRate = .infinity }
      ),
      ("boundary penalty: expected 0 or a number above, found -1.0", { $0.penalty = -1 }),
      ("boundary penalty: expected 0 or a number above, found nan", { $0.penalty = .nan }),
      (
        "temperatures: expected the first and the last, above 0, found []",
        { $0.temperatures = [] }
      ),
      (
        "temperatures: expected the first and the last, above 0, found [50.0]",
        { $0.temperatures = [50] }
      ),
      (
        "temperatures: expected the first and the last, above 0, found [50.0, 1.0, 0.1]",
        { $0.temperatures = [50, 1, 0.1] }
      ),
      (
        "temperatures: expected the first and the last, above 0, found [0.0, 0.1]",
        { $0.temperatures = [0, 0.1] }
      ),
      (
        "temperatures: expected the first and the last, above 0, found [50.0, nan]",
        { $0.temperatures = [50, .nan] }
      ),
    ]
    let signs = try TwoSigns()
    let data = TwoSigns.changingA(16, seed: 1)
    for (message, change) in wrong {
      var boundary = LearnedBoundary()
      change(&boundary)
      let search = DistributedAlignmentSearch(site: signs.site, boundary: boundary)
      #expect(line { _ = try search.fit(signs.model, on: data) } == message)
    }
    // Nothing to pay for a dimension is a choice.
    var free = LearnedBoundary()
    free.penalty = 0
    try DistributedAlignmentSearch(site: signs.site, boundary: free)
      .validate(signs.model, on: data)
  }

  @Test func defaults() {
    let boundary = LearnedBoundary()
    #expect(boundary.temperatures == [50, 0.1] && boundary.penalty == 1)
  }
}

@Suite struct EarlyStoppingTests {
  /// Losses epoch by epoch, and after which epoch training stops.
  @Test(
    arguments: [
      (2, [3, 2, 1, 0.5], nil, 3),  // always better
      (2, [3, 2, 2.5, 2.1, 1], 3, 1),  // two epochs in a row no better
      (2, [3, 2, 2.5, 1, 1.5, 1.2], 5, 3),  // a better one starts the count again
      (2, [3, 3, 3], 2, 0),  // equal is not better
      (1, [1, 0.5, 0.6], 2, 1),
      (3, [1, 2, 2, 2], 3, 0),
      (2, [1, .nan, .nan], 2, 0),  // no number is no better one
    ] as [(Int, [Double], Int?, Int)])
  func stopsWhenNothingGetsBetter(
    patience: Int, losses: [Double], stop: Int?, best: Int
  ) throws {
    var stopping = EarlyStopping(patience: patience)
    #expect(stopping.best == nil)
    var stopped: Int?
    for (epoch, loss) in losses.enumerated() {
      if stopping.shouldStop(after: loss, keeping: Tensor([Float(epoch)])) {
        stopped = epoch
        break
      }
    }
    #expect(stopped == stop)
    // The value that was there when the loss was lowest.
    #expect(try #require(stopping.best).elements == [Float(best)])
  }

  @Test func withoutANumberNothingIsKept() {
    var stopping = EarlyStopping(patience: 2)
    for (loss, stops) in [(Double.nan, false), (.infinity, true)] {
      #expect(stopping.shouldStop(after: loss, keeping: Tensor([1])) == stops)
    }
    #expect(stopping.best == nil)
  }

  /// A kept value is the value of that time, whatever training makes of it.
  @Test func aKeptValueIsACopy() throws {
    let parameter = Parameter("p", Tensor([1, 2]))
    var stopping = EarlyStopping(patience: 1)
    _ = stopping.shouldStop(after: 1, keeping: parameter.value)
    parameter.value = Tensor([3, 4])
    #expect(try #require(stopping.best).elements == [1, 2])
  }
}

import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// Boundless DAS where the number of dimensions is known.
@Suite struct BoundlessAlignmentTests {
  private let signs: TwoSigns

  init() throws { signs = try TwoSigns() }

  private func search(
    epochs: Int = 60, _ change: (inout LearnedBoundary) -> Void = { _ in }
  ) -> DistributedAlignmentSearch {
    var settings = TwoSigns.settings
    settings.epochs = epochs
    var boundary = LearnedBoundary()
    change(&boundary)
    return DistributedAlignmentSearch(
      site: signs.site, boundary: boundary, selection: nil, settings: settings)
  }

  /// Examples of one variable in two dimensions: the source's a and b together.
  private func changingBothAtOnce(_ count: Int, seed: UInt64) -> [AlignmentExample] {
    TwoSigns.changingA(count, seed: seed).map { example in
      let source = vector(example.sources[0])
      var example = example
      example.label = TwoSigns.label(source[0], source[1])
      return example
    }
  }

  private func figure(_ report: AlignmentReport, _ kind: ControlKind) throws -> Double {
    try #require(report.control(kind)).iia.value
  }

  /// a must be swapped and b must not: one dimension is needed, and each costs an eighth of a nat.
  @Test func oneDimension() throws {
    let search = search()
    let train = TwoSigns.changingA(256, seed: 1)
    var steps: [Int] = []
    let alignment = try search.fit(signs.model, on: train) { steps.append($0.step) }
    // No early stopping: every step of the falling temperature is taken.
    #expect(steps == Array(1...60 * 8) && alignment.losses.count == steps.count)
    #expect((1...2).contains(alignment.rotation.rank))
    #expect(alignment.rotation.trainedParameters.isEmpty)
    let report = try alignment.evaluate(on: TwoSigns.changingA(256, seed: 2))
    #expect(report.test.value >= 0.95 && report.train.value >= 0.95)
    #expect(report.rank == alignment.rotation.rank)
    #expect(alignment.intervention.blocks == [0..<report.rank])
    #expect(report.orthonormalityError < 1e-5)
    // a's direction lies inside what is swapped, b's outside.
    let inside = try #require(try signs.direction(0).principalAngles(to: alignment.rotation).first)
    let outside = try #require(try signs.direction(1).principalAngles(to: alignment.rotation).first)
    #expect(inside < 0.3 && outside > 1.2)

    // The illusion test is for sites that one projection reads.
    let kinds = Set(ControlKind.allCases).subtracting([.rowSpace, .nullSpace])
    #expect(Set(report.controls.map(\.name)) == Set(kinds.map(\.rawValue)))
    #expect(try #require(report.control(.selfSwap)).largestChange == 0)
    #expect(try figure(report, .selfSwap) == 0)
    // The whole vector brings the source's b as well: right when it is the base's.
    let data = TwoSigns.changingA(256, seed: 2)
    let agreeing = data.count { vector($0.base)[1] == vector($0.sources[0])[1] }
    #expect(try #require(report.control(.fullVector)).iia.correct == agreeing)
    #expect(try figure(report, .randomSubspaces) < 0.5)
    #expect(
      try #require(report.control(.randomSubspaces)).note
        == "20 random subspaces of rank \(report.rank), pooled")
    // Another example's source has the wanted a half of the time; four deviations over 256.
    #expect(try abs(figure(report, .shuffledSources) - 0.5) < 0.125)
    #expect(try figure(report, .randomModel) < 0.9)
  }

  /// Both signs are to be the source's; the noise directions are not worth their price.
  @Test func twoDimensions() throws {
    let alignment = try search().fit(signs.model, on: changingBothAtOnce(256, seed: 1))
    let report = try alignment.evaluate(on: changingBothAtOnce(256, seed: 2))
    #expect((2...3).contains(report.rank))
    #expect(report.test.value >= 0.95)
    for index in 0..<2 {
      let angle = try #require(
        try signs.direction(index).principalAngles(to: alignment.rotation).first)
      #expect(angle < 0.3, "direction \(index)")
    }
    #expect(try #require(report.control(.selfSwap)).largestChange == 0)
    #expect(try figure(report, .fullVector) == 1)
  }

  /// The cost of a dimension decides how many there are.
  @Test func thePenaltyMovesTheBoundary() throws {
    let data = changingBothAtOnce(256, seed: 1)
    func rank(_ penalty: Double) throws -> Int {
      try search { $0.penalty = penalty }.fit(signs.model, on: data).rotation.rank
    }
    let ranks = [try rank(0), try rank(1), try rank(200)]
    #expect(ranks[0] > ranks[1] && ranks[1] > ranks[2] && ranks[2] == 1)
  }

  /// The first loss is the cross-entropy at β = ½ and T = 50 and the penalty times the mean mask.
  @Test func thePenaltyIsPartOfTheLoss() throws {
    let data = TwoSigns.changingA(32, seed: 1)
    func first(_ penalty: Double) throws -> Double {
      try #require(
        try search(epochs: 1) { $0.penalty = penalty }.fit(signs.model, on: data).losses.first)
    }
    let mask = BoundlessInterchange(try .random(rank: 8, width: 8, seed: 0)).mask.elements
    let mean = mask.reduce(0) { $0 + Double($1) } / 8
    // Two float32 losses of size 10.
    #expect(try abs(first(3) - first(0) - 3 * mean) < 1e-5)
  }

  @Test func sameSeedSameNumbers() throws {
    let data = TwoSigns.changingA(64, seed: 1)
    let fits = try (0..<2).map { _ in try search(epochs: 5).fit(signs.model, on: data) }
    #expect(fits[0].losses == fits[1].losses)
    #expect(fits[0].rotation.frame.elements == fits[1].rotation.frame.elements)
  }

  @Test func oneSourceOnly() {
    #expect(throws: AlignmentError.sourceMismatch(expected: 1, found: 2)) {
      try search(epochs: 1).fit(signs.model, on: TwoSigns.changingBoth(16, seed: 1))
    }
    // Nor blocks of dimensions beside a boundary.
    var both = search(epochs: 1)
    both.dimensions = [1]
    #expect(throws: InterventionError.self) {
      try both.fit(signs.model, on: TwoSigns.changingA(16, seed: 1))
    }
  }

  @Test func theStartIsAFullRotation() throws {
    let data = TwoSigns.changingA(16, seed: 1)
    #expect(
      line {
        _ = try search(epochs: 1).fit(
          signs.model, on: data, start: .random(rank: 2, width: 8, seed: 0))
      } == "starting rotation: expected rank 8, found rank 2")
    let start = try Rotation.random(rank: 8, width: 8, seed: 4)
    let frame = start.frame.elements
    _ = try search(epochs: 1).fit(signs.model, on: data, start: start)
    #expect(start.frame.elements == frame)
  }
}

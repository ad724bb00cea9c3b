import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTestSupport
import Testing

/// Subspaces of a known number of dimensions are found with it, or the search says that it can't.
@Suite struct PlantedSubspaceTests {
  /// The planted directions do all, and without one of them a part is wrong.
  @Test(arguments: [1, 2, 4, 8])
  func theFixture(dimensions: Int) throws {
    let planted = try PlantedSubspace(dimensions: dimensions)
    let pairs = planted.examples(256, seed: 1)
    func accuracy(_ rotation: Rotation) throws -> Double {
      try DistributedAlignmentSearch(site: planted.site, dimensions: rotation.rank)
        .alignment(of: rotation, planted.model, on: pairs).evaluate(on: pairs, controls: []).test
        .value
    }
    #expect(try accuracy(planted.directions) == 1)
    guard dimensions > 1 else { return }
    // A bit of the base's is the source's in half of the pairs: four deviations of 256.
    let fewer = try accuracy(planted.directions.leading(dimensions - 1))
    #expect(abs(fewer - 0.5) < 0.125)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let dimensions: Int
    let pairs: Int
    let isBoundless: Bool
    var testDescription: String {
      "\(dimensions) dimensions, \(pairs) pairs\(isBoundless ? ", boundless" : "")"
    }

    static let all = [1, 2, 4, 8].flatMap { dimensions in
      [64, 256, 1024].flatMap { pairs in
        [false, true].map { Case(dimensions: dimensions, pairs: pairs, isBoundless: $0) }
      }
    }
  }

  @Test(arguments: Case.all)
  func isFoundOrSaidNotToBe(planted: Case) throws {
    let network = try PlantedSubspace(dimensions: planted.dimensions)
    let search =
      planted.isBoundless
      ? DistributedAlignmentSearch(site: network.site, boundary: LearnedBoundary())
      : DistributedAlignmentSearch(site: network.site, selection: RankSelection())
    let fit = try search.fit(network.model, on: network.examples(planted.pairs, seed: 1))
    let estimate = try #require(fit.dimension)
    let report = try fit.evaluate(on: network.examples(256, seed: 2), controls: [])
    guard estimate.doubt == nil else {
      #expect(report.verdict == .tooFewPairs)
      return
    }
    let slack = planted.dimensions <= 2 ? 0 : 1
    #expect(abs(estimate.dimension - planted.dimensions) <= slack)
    #expect(estimate.interval[0]...estimate.interval[1] ~= planted.dimensions)
    #expect(report.verdict == .converged && report.test.value > 0.95)
  }
}

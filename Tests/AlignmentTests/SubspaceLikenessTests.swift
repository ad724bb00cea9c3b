import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct SubspaceLikenessTests {
  private func rotation(_ rows: [[Float]]) throws -> Rotation { try .spanning(Tensor(rows: rows)) }

  /// A plane and a line at 30° to it; a plane and one that shares a line with it.
  @Test func knownAngles() throws {
    let plane = try rotation([[1, 0, 0, 0], [0, 1, 0, 0]])
    let line = try rotation([[Float(3).squareRoot() / 2, 0, 0.5, 0]])
    let tilted = try SubspaceLikeness(plane, line)
    // Single precision, in degrees.
    #expect(tilted.angles.count == 1 && abs(tilted.angles[0] - 30) < 1e-4)
    #expect(abs(tilted.sharedVariance - 0.75) < 1e-6)
    let other = try SubspaceLikeness(plane, rotation([[0, 1, 0, 0], [0, 0, 1, 0]]))
    #expect(abs(other.meanAngle - 45) < 1e-4 && abs(other.largestAngle - 90) < 1e-4)
    #expect(abs(other.sharedVariance - 0.5) < 1e-6)
    let same = try SubspaceLikeness(plane, rotation([[3, 4, 0, 0], [4, -3, 0, 0]]))
    #expect(same.largestAngle < 0.05 && abs(same.sharedVariance - 1) < 1e-6)
  }

  /// E ‖A Bᵀ‖² / min(a, b) = max(a, b) / d.
  @Test func randomSubspaces() throws {
    let random = try RandomLikeness(ranks: 2, 4, width: 64, seed: 1)
    #expect(random.sharedVariance == 4.0 / 64)
    #expect(random.highSharedVariance > random.sharedVariance && random.highSharedVariance < 0.25)
    #expect(random.smallestAngle < random.meanAngle && random.meanAngle < 90)
    // One direction against another in 64: cos² is 1/64 in the mean, about 83°.
    let lines = try RandomLikeness(ranks: 1, 1, width: 64, seed: 1)
    #expect(abs(lines.meanAngle - 84) < 2)
  }

  /// Two seeds find the planted direction, which is one; the spread tells so.
  @Test func seedsOfOneSearch() throws {
    let planted = try PlantedSubspace(dimensions: 1)
    let (train, test) = (planted.examples(256, seed: 1), planted.examples(128, seed: 2))
    let fits = try [UInt64(3), 4, 5].map { seed in
      var search = DistributedAlignmentSearch(site: planted.site, dimensions: 1)
      search.settings.seed = seed
      let alignment = try search.fit(planted.model, on: train)
      return (alignment: alignment, report: try alignment.evaluate(on: test, controls: []))
    }
    let spread = try SeedSpread(fits)
    #expect(spread.seeds == [3, 4, 5] && spread.verdicts.count == 3)
    #expect(spread.accuracies.values == fits.map(\.report.test.value))
    #expect(spread.accuracies.mean > 0.95)
    #expect(spread.meanAngle < 30 && spread.baseline.meanAngle > 75)
    let pairs = [(0, 1), (0, 2), (1, 2)].map { spread.likenesses[$0.0][$0.1].meanAngle }
    // Angles of single precision, each from one side or the other.
    #expect(abs(spread.meanAngle - pairs.reduce(0, +) / 3) < 1e-4)
  }

  /// The site is the one where the variable is, by pairs that the fits did not see.
  @Test func sitesAreChosenOnTrainingPairs() throws {
    let planted = try PlantedSubspace(dimensions: 1)
    let train = planted.examples(96, seed: 1)
    let search = DistributedAlignmentSearch(site: planted.site, dimensions: 1)
    let (chosen, selection) = try search.choosingSite(
      among: [planted.site, planted.site], planted.model, on: train)
    #expect(chosen.site == planted.site && selection.chosen == 0)
    // A third of 96.
    #expect(selection.candidates.map(\.heldOut.n) == [32, 32])
    #expect(selection.candidates[0].heldOut.value > 0.9)
  }
}

import Foundation
import InterchangeBasics
import InterchangeInterventions

/// The likeness of two subspaces of one space.
public struct SubspaceLikeness: Codable, Sendable, Equatable {
  /// The principal angles in degrees, rising, as many as the smaller subspace has dimensions.
  public let angles: [Double]

  /// The mean of the squared cosines, ‖A Bᵀ‖² / min(a, b): the part of the smaller subspace's
  /// variance that lies in the other; 1 when one contains the other.
  public let sharedVariance: Double

  /// The likeness of two rotations' subspaces.
  ///
  /// - Throws: `InterventionError` for vectors of unequal width.
  public init(_ a: Rotation, _ b: Rotation) throws {
    let radians = try a.principalAngles(to: b)
    angles = radians.map { $0 * 180 / .pi }
    sharedVariance = radians.reduce(0) { $0 + cos($1) * cos($1) } / Double(radians.count)
  }

  /// Reads a likeness that has angles.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    angles = try values.decode([Double].self, forKey: .angles)
    sharedVariance = try values.decode(Double.self, forKey: .sharedVariance)
    guard !angles.isEmpty else {
      throw DecodingError.dataCorruptedError(
        forKey: .angles, in: values, debugDescription: "expected an angle or more")
    }
  }

  /// The mean principal angle in degrees.
  public var meanAngle: Double { angles.reduce(0, +) / Double(angles.count) }

  /// The largest principal angle in degrees.
  public var largestAngle: Double { angles.last ?? 0 }
}

/// The likeness of random subspaces, of which a found likeness has to be clear.
public struct RandomLikeness: Codable, Sendable, Equatable {
  /// The width of the space and the ranks of the subspaces.
  public let width: Int
  public let ranks: [Int]
  /// The mean of the mean principal angles, in degrees.
  public let meanAngle: Double
  /// The smallest angle of each pair, in degrees, of which one pair in twenty has a smaller one.
  public let smallestAngle: Double
  /// The expected shared variance, max(a, b) / d.
  public let sharedVariance: Double
  /// The shared variance that one pair in twenty exceeds.
  public let highSharedVariance: Double

  /// The likeness of `count` pairs of random subspaces.
  ///
  /// - Throws: `InterventionError` when a rank exceeds the width.
  public init(ranks a: Int, _ b: Int, width: Int, seed: UInt64, count: Int = 100) throws {
    var generator = RandomGenerator(seed: seed ^ 0x5AB5)
    let pairs = try (0..<count).map { _ in
      try SubspaceLikeness(
        .random(rank: a, width: width, seed: generator.next()),
        .random(rank: b, width: width, seed: generator.next()))
    }
    (self.width, ranks) = (width, [a, b])
    meanAngle = pairs.reduce(0) { $0 + $1.meanAngle } / Double(count)
    smallestAngle = pairs.map { $0.angles[0] }.sorted()[count / 20]
    sharedVariance = Double(max(a, b)) / Double(width)
    highSharedVariance = pairs.map(\.sharedVariance).sorted()[count - 1 - count / 20]
  }
}

/// Fits of one search from several seeds: how far the accuracy and the subspace depend on chance.
public struct SeedSpread: Codable, Sendable, Equatable {
  /// The seeds; the first is that of the run's main figures, whatever the others found.
  public let seeds: [UInt64]
  /// The held-out accuracies.
  public let accuracies: SeedStatistics
  /// Each fit's verdict.
  public let verdicts: [FitVerdict]
  /// The likeness of each two fits' subspaces, [seed][seed].
  public let likenesses: [[SubspaceLikeness]]
  /// The likeness of random subspaces of the same ranks.
  public let baseline: RandomLikeness

  /// The spread of some fits of one search.
  ///
  /// - Throws: `InterventionError` for subspaces of unequal width.
  public init(_ fits: [(alignment: Alignment, report: AlignmentReport)]) throws {
    require(!fits.isEmpty, "SeedSpread: no fits")
    let rotations = fits.map(\.alignment.rotation)
    seeds = fits.map(\.alignment.search.settings.seed)
    accuracies = SeedStatistics(fits.map(\.report.test.value))
    verdicts = fits.compactMap(\.report.verdict)
    likenesses = try rotations.map { one in try rotations.map { try SubspaceLikeness(one, $0) } }
    let ranks = rotations.map(\.rank)
    baseline = try RandomLikeness(
      ranks: ranks.min()!, ranks.max()!, width: rotations[0].width, seed: seeds[0])
  }

  /// Reads a spread that has a likeness for each two seeds.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seeds = try values.decode([UInt64].self, forKey: .seeds)
    accuracies = try values.decode(SeedStatistics.self, forKey: .accuracies)
    verdicts = try values.decode([FitVerdict].self, forKey: .verdicts)
    likenesses = try values.decode([[SubspaceLikeness]].self, forKey: .likenesses)
    baseline = try values.decode(RandomLikeness.self, forKey: .baseline)
    let count = seeds.count
    guard count >= 1, accuracies.values.count == count, likenesses.count == count,
      likenesses.allSatisfy({ $0.count == count })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .likenesses, in: values, debugDescription: "expected tables of \(count) seeds")
    }
  }

  /// The mean of the mean principal angles between each two fits' subspaces, in degrees.
  public var meanAngle: Double {
    let pairs = seeds.indices.flatMap { one in (0..<one).map { likenesses[one][$0].meanAngle } }
    return pairs.isEmpty ? 0 : pairs.reduce(0, +) / Double(pairs.count)
  }
}

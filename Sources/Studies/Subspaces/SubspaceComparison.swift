import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeReports

/// Found subspaces of one space beside one another: their principal angles and shared variance, and
/// whether each one works on the others' pairs.
///
/// ```swift
/// let first = try Rotation.random(rank: 2, width: 64, seed: 0)
/// let second = try Rotation.random(rank: 4, width: 64, seed: 1)
/// let comparison = try SubspaceComparison([("a", first), ("b", second)])
/// print(comparison.likenesses[0][1].meanAngle, comparison.baselines[0][1].meanAngle)
/// ```
public struct SubspaceComparison: RunResult, Equatable {
  public static let kind = "subspaces"

  /// A swap of one run's subspace on the pairs of another.
  public struct Swaps: Codable, Sendable, Equatable {
    /// The accuracy on the test pairs and at the site of the row's run, swapped in the subspace of
    /// the column's.
    public let accuracies: [[Accuracy]]
    /// For each run's pairs, that of random subspaces of its own rank.
    public let random: [Accuracy]
  }

  /// The runs' names.
  public let names: [String]
  /// The sites at which they were found, where they are known.
  public let sites: [String]
  /// The subspaces' dimensions.
  public let ranks: [Int]
  /// The width of the space.
  public let width: Int
  /// The likeness of each two.
  public let likenesses: [[SubspaceLikeness]]
  /// The likeness of random subspaces of the same ranks.
  public let baselines: [[RandomLikeness]]
  /// The swaps, where they were made.
  public var swaps: Swaps?

  /// Compares subspaces by their names.
  ///
  /// - Throws: `InterventionError` when they are of unequal width.
  public init(
    _ subspaces: [(name: String, rotation: Rotation)], sites: [String] = [], seed: UInt64 = 0
  ) throws {
    require(subspaces.count >= 2, "SubspaceComparison: expected two subspaces or more")
    let rotations = subspaces.map(\.rotation)
    (names, ranks) = (subspaces.map(\.name), rotations.map(\.rank))
    (self.sites, width) = (sites, rotations[0].width)
    likenesses = try rotations.map { one in try rotations.map { try SubspaceLikeness(one, $0) } }
    var known: [[Int]: RandomLikeness] = [:]
    let width = width
    baselines = try rotations.map { one in
      try rotations.map { other in
        let ranks = [one.rank, other.rank].sorted()
        if let found = known[ranks] { return found }
        let baseline = try RandomLikeness(ranks: ranks[0], ranks[1], width: width, seed: seed)
        known[ranks] = baseline
        return baseline
      }
    }
  }

  /// Reads a comparison whose tables are square.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    names = try values.decode([String].self, forKey: .names)
    sites = try values.decode([String].self, forKey: .sites)
    ranks = try values.decode([Int].self, forKey: .ranks)
    width = try values.decode(Int.self, forKey: .width)
    likenesses = try values.decode([[SubspaceLikeness]].self, forKey: .likenesses)
    baselines = try values.decode([[RandomLikeness]].self, forKey: .baselines)
    swaps = try values.decodeIfPresent(Swaps.self, forKey: .swaps)
    let count = names.count
    func isSquare(_ rows: [[some Any]]) -> Bool {
      rows.count == count && rows.allSatisfy { $0.count == count }
    }
    guard count >= 2, ranks.count == count, isSquare(likenesses), isSquare(baselines),
      likenesses.joined().allSatisfy({ !$0.angles.isEmpty }),
      swaps.map({ isSquare($0.accuracies) && $0.random.count == count }) ?? true
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .likenesses, in: values, debugDescription: "expected tables of \(count) subspaces")
    }
  }

  /// Each two different subspaces, by their places.
  var pairs: [(Int, Int)] {
    names.indices.flatMap { one in (one + 1..<names.count).map { (one, $0) } }
  }
}

/// A subspace with the pairs that it was found on.
public struct FoundSubspace {
  public let rotation: Rotation
  public let site: Site
  public let data: TaskData

  /// A subspace at a site, with a task's pairs.
  public init(rotation: Rotation, site: Site, data: TaskData) {
    (self.rotation, self.site, self.data) = (rotation, site, data)
  }
}

extension SubspaceComparison {
  /// Swaps every subspace on every one's test pairs, at the site where those are judged.
  ///
  /// - Throws: `AlignmentError` when pairs have several sources, `ModelError` when a site doesn't
  ///   fit the model, `InterventionError` when a subspace doesn't.
  public mutating func swap(
    _ found: [FoundSubspace], in model: LanguageModel, store: ActivationStore = ActivationStore(),
    progress: (String) -> Void = { _ in }
  ) throws {
    require(found.count == names.count, "swap: \(found.count) subspaces of \(names.count)")
    var accuracies: [[Accuracy]] = []
    var random: [Accuracy] = []
    for (row, one) in found.enumerated() {
      progress("swaps on the pairs of \(names[row])")
      accuracies.append([])
      for (column, other) in found.enumerated() {
        let search = DistributedAlignmentSearch(site: one.site, dimensions: other.rotation.rank)
        let alignment = try search.alignment(
          of: other.rotation, model.network, on: one.data.train.examples, store: store)
        let report = try alignment.evaluate(
          on: one.data.test.examples, controls: row == column ? [.randomSubspaces] : [])
        accuracies[row].append(report.test)
        if let control = report.control(.randomSubspaces) { random.append(control.iia) }
      }
    }
    swaps = Swaps(accuracies: accuracies, random: random)
  }
}

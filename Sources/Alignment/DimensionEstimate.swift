import InterchangeBasics

/// The number of dimensions of a variable at a site, by held-out accuracy on the training pairs.
public struct DimensionEstimate: Codable, Sendable, Equatable {
  /// A rank that was tried.
  public struct Candidate: Codable, Sendable, Equatable {
    /// The rank.
    public let rank: Int
    /// The accuracy on training pairs that its fits did not see.
    public let heldOut: Accuracy
    /// The accuracy on the pairs of its fits.
    public let train: Accuracy

    package init(rank: Int, heldOut: Accuracy, train: Accuracy) {
      (self.rank, self.heldOut, self.train) = (rank, heldOut, train)
    }
  }

  /// The smallest rank whose held-out accuracy is within the best one's 95 % interval.
  public let dimension: Int
  /// The smallest rank whose interval meets the best one's, and the smallest that is as good as the
  /// best.
  public let interval: [Int]
  /// The ranks that were tried, rising.
  public let candidates: [Candidate]
  /// The parts that were held out in turn.
  public let folds: Int
  /// Of boundless DAS, the dimensions within the published boundary when its training ended.
  public var boundary: Int?
  /// The reason for which the pairs don't determine the dimension; nil when they do.
  public let doubt: String?

  /// The estimate from the ranks that were tried.
  ///
  /// - Parameters:
  ///   - floor: the accuracy without a swap, on the same pairs
  ///   - isCut: whether larger ranks would need more pairs
  package init(
    _ candidates: [Candidate], floor: Accuracy, folds: Int, isCut: Bool, boundary: Int? = nil
  ) {
    let candidates = candidates.sorted { $0.rank < $1.rank }
    let best = Self.best(of: candidates)
    let chosen = candidates.first { $0.heldOut.value >= best.heldOut.interval[0] } ?? best
    (self.candidates, self.folds, self.boundary) = (candidates, folds, boundary)
    dimension = chosen.rank
    interval = [
      candidates.first { $0.heldOut.interval[1] >= best.heldOut.interval[0] }?.rank ?? chosen.rank,
      best.rank,
    ]
    doubt = Self.doubt(candidates, chosen: chosen, best: best, floor: floor, isCut: isCut)
  }

  /// Reads an estimate that has candidates and an interval.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    dimension = try values.decode(Int.self, forKey: .dimension)
    interval = try values.decode([Int].self, forKey: .interval)
    candidates = try values.decode([Candidate].self, forKey: .candidates)
    folds = try values.decode(Int.self, forKey: .folds)
    boundary = try values.decodeIfPresent(Int.self, forKey: .boundary)
    doubt = try values.decodeIfPresent(String.self, forKey: .doubt)
    guard !candidates.isEmpty, interval.count == 2 else {
      throw DecodingError.dataCorruptedError(
        forKey: .interval, in: values, debugDescription: "expected candidates and two ranks")
    }
  }

  /// The candidate of the highest accuracy, the smallest of equals.
  package static func best(of candidates: [Candidate]) -> Candidate {
    candidates.min { ($1.heldOut.value, $0.rank) < ($0.heldOut.value, $1.rank) }!
  }

  private static func doubt(
    _ candidates: [Candidate], chosen: Candidate, best: Candidate, floor: Accuracy, isCut: Bool
  ) -> String? {
    if best.heldOut.interval[0] <= floor.value {
      return "no rank is better on held-out training pairs than no swap at all"
    }
    if isCut, best.rank == candidates.last?.rank, best.heldOut.value < 1, candidates.count > 1,
      best.heldOut.interval[0] > candidates[candidates.count - 2].heldOut.value
    {
      return "accuracy still rises at rank \(best.rank), and more dimensions need more pairs"
    }
    let gap = chosen.train.difference(from: chosen.heldOut)
    if chosen.train.value - chosen.heldOut.value >= FitVerdict.gap, gap.lowerBound > 0 {
      return "rank \(chosen.rank) overfits the training pairs: "
        + "\(chosen.train.summary) on those of the fit, \(chosen.heldOut.summary) on others"
    }
    return nil
  }
}

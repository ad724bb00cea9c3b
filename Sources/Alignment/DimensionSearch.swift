import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// The search for the smallest rank that is as good as the best, one fit of a rank after the other.
package struct DimensionSearch {
  /// The largest rank that may be tried.
  let limit: Int
  /// Fits a rank and measures it.
  let measure: (Int) throws -> DimensionEstimate.Candidate

  package init(
    limit: Int, measure: @escaping (Int) throws -> DimensionEstimate.Candidate
  ) {
    (self.limit, self.measure) = (limit, measure)
  }

  /// The ranks that were tried: doubled until it doesn't help, then bisected.
  package func callAsFunction() throws -> [DimensionEstimate.Candidate] {
    var found: [Int: DimensionEstimate.Candidate] = [:]
    func accuracy(_ rank: Int) throws -> Accuracy {
      if let known = found[rank] { return known.heldOut }
      let candidate = try measure(rank)
      found[rank] = candidate
      return candidate.heldOut
    }
    try double(accuracy)
    // The best one's interval may move while ranks are tried.
    while let rank = Self.next(Array(found.values)) { _ = try accuracy(rank) }
    return Array(found.values)
  }

  /// Tries 1, 2, 4, … and the limit, until all are right or two ranks in a row don't help although
  /// some are right.
  private func double(_ accuracy: (Int) throws -> Accuracy) throws {
    var (rank, best, idle) = (1, -1.0, 0)
    while true {
      let found = try accuracy(rank)
      idle = found.value > best ? 0 : idle + 1
      best = max(best, found.value)
      if found.correct == found.n || rank == limit || idle >= 2 && best > 0 { return }
      rank = min(2 * rank, limit)
    }
  }

  /// The rank in the middle between the smallest one that is within the best one's interval and the
  /// one tried below it; nil when they are neighbors.
  private static func next(_ candidates: [DimensionEstimate.Candidate]) -> Int? {
    let least = DimensionEstimate.best(of: candidates).heldOut.interval[0]
    let sorted = candidates.sorted { $0.rank < $1.rank }
    guard let place = sorted.firstIndex(where: { $0.heldOut.value >= least }), place > 0 else {
      return nil
    }
    let (below, above) = (sorted[place - 1].rank, sorted[place].rank)
    return above - below > 1 ? (below + above) / 2 : nil
  }
}

extension DistributedAlignmentSearch {
  /// Estimates a variable's number of dimensions on training examples.
  func dimension(
    _ selection: RankSelection, _ data: SiteExamples, _ run: InterchangeRun, width: Int,
    progress: (FitProgress) -> Void
  ) throws -> DimensionEstimate {
    var generator = RandomGenerator(seed: settings.seed ^ 0xF01D)
    let parts = try selection.parts(of: Array(0..<data.count).shuffled(using: &generator))
    let pairs = parts.map(\.fitted.count).min() ?? 0
    let fitting = max(1, pairs / FitVerdict.pairsPerDimension)
    let limit = min(selection.maximumRank ?? width, width, fitting)
    let starts = try parts.enumerated().map { fold, part in
      try StartingFrames(self, data, run, part.fitted, width: width) {
        progress($0.named("mask", fold: fold, of: parts.count))
      }
    }
    func measure(_ rank: Int) throws -> DimensionEstimate.Candidate {
      var (held, train): ([Outcome], [Outcome]) = ([], [])
      for (fold, part) in parts.enumerated() {
        let rotation = try starts[fold].rotation(rank: rank)
        _ = try RotationTraining(
          settings: settings, blocks: [0..<rank], data: data, run: run, indices: part.fitted
        )(rotation) { progress($0.named("rank \(rank)", fold: fold, of: parts.count)) }
        let swap = DistributedInterchange(rotation.frozen)
        held += try run.outcomes(data, part.held, swap)
        train += try run.outcomes(data, part.fitted, swap)
      }
      return DimensionEstimate.Candidate(
        rank: rank, heldOut: Accuracy(held), train: Accuracy(train))
    }
    let candidates = try withoutActuallyEscaping(measure) {
      try DimensionSearch(limit: limit, measure: $0)()
    }
    let unswapped = try run.outcomes(
      of: parts.flatMap(\.held).map { data.examples[$0].base },
      answers: parts.flatMap(\.held).map { data.examples[$0].judged })
    return DimensionEstimate(
      candidates, floor: Accuracy(unswapped), folds: parts.count,
      isCut: limit == fitting && limit < width)
  }
}

/// The rotations that the fits of a search start from: random ones, or of boundless DAS the
/// directions within its boundary, those first that do the most.
struct StartingFrames {
  private let width: Int
  private let seed: UInt64
  /// [directions, width] in their order; nil without a boundary.
  private let frame: Tensor?
  /// The directions within the boundary at the end of its training.
  let boundary: Int?

  init(
    _ search: DistributedAlignmentSearch, _ data: SiteExamples, _ run: InterchangeRun,
    _ indices: [Int], width: Int, progress: (FitProgress) -> Void
  ) throws {
    (self.width, seed) = (width, search.settings.seed)
    guard let boundary = search.boundary else {
      (frame, self.boundary) = (nil, nil)
      return
    }
    let rotation = try Rotation.random(rank: width, width: width, seed: seed)
    let (_, dimensions) = try BoundaryTraining(
      settings: search.settings, boundary: boundary, data: data, run: run, indices: indices
    )(rotation, progress: progress)
    self.boundary = dimensions
    frame = try run.ordered(rotation.leading(dimensions).frame, on: data, indices)
  }

  /// A trainable rotation of some rank.
  func rotation(rank: Int) throws -> Rotation {
    guard let frame else { return try .random(rank: rank, width: width, seed: seed) }
    let known = frame.rowSlice(0..<min(rank, frame.rows))
    guard rank > frame.rows else { return try .spanning(known) }
    let rest = try Rotation.random(rank: rank - frame.rows, width: width, seed: seed).frame
    return try .spanning(.concatenatingRows([known, rest]))
  }
}

extension FitProgress {
  fileprivate func named(_ name: String, fold: Int, of folds: Int) -> FitProgress {
    var progress = self
    progress.part = folds == 1 ? name : "\(name), part \(fold + 1) of \(folds)"
    return progress
  }
}

import Foundation
import InterchangeBasics

/// The judgment of a fit, which stands beside its number: may the accuracy be read as what the site
/// holds, or does it tell of the fit?
///
/// The first that holds, in the order of ``tooFewPairs``, ``notAboveRandom``, ``lossStillFalling``,
/// ``overfits``, ``notFitted``, ``converged``. A verdict doesn't say that a subspace is real: that is what the
/// controls are for.
public enum FitVerdict: String, Codable, Sendable, CaseIterable {
  /// Training ended on a plateau, and nothing below holds.
  case converged
  /// The steps were used up while the loss was falling: the accuracy is too low.
  case lossStillFalling = "loss still falling"
  /// The held-out accuracy is below that of the principal components, or of the same fit on a
  /// random model: with all of the interval of the difference.
  case notFitted = "not fitted"
  /// The same fit on a random model reaches as much, within the interval of the difference, and
  /// more than what isn't fitted; or half of what is above that and above a constant answer. Random
  /// models differ among each other, so the second doesn't ask for equality. The accuracy is the
  /// map's, not the model's (arXiv 2507.08802).
  case notAboveRandom = "not above random"
  /// The accuracy on the pairs of the fit is higher than on others, by at least 0.1 and with all
  /// of the interval of the difference.
  case overfits
  /// Fewer than four pairs for each dimension, or a rank that the pairs can't determine.
  case tooFewPairs = "too few pairs"

  /// Pairs that each dimension needs at least.
  package static let pairsPerDimension = 4
  /// The least difference of accuracies that is called overfitting.
  package static let gap = 0.1

  /// The verdict in words.
  public var title: String {
    switch self {
    case .converged, .lossStillFalling, .overfits: rawValue
    case .notFitted: "below its own control: not fitted"
    case .notAboveRandom: "no more than in a random model"
    case .tooFewPairs: "too few pairs for this rank"
    }
  }

  /// A sign beside a number in a figure; none for a fit that converged.
  public var mark: String? {
    switch self {
    case .converged: nil
    case .lossStillFalling: "↓"
    case .notFitted: "×"
    case .notAboveRandom: "≈"
    case .overfits: "*"
    case .tooFewPairs: "?"
    }
  }

  /// The findings that a verdict rests on.
  package struct Evidence {
    let rank: Int
    let fit: FitHistory
    let test: Accuracy
    let train: Accuracy
    let controls: [ControlResult]
    let dimension: DimensionEstimate?
    /// The share of pairs that the most frequent label is right for.
    let constantAnswer: Double?

    package init(
      rank: Int, fit: FitHistory, test: Accuracy, train: Accuracy, controls: [ControlResult],
      dimension: DimensionEstimate? = nil, constantAnswer: Double? = nil
    ) {
      (self.rank, self.fit, self.test, self.train) = (rank, fit, test, train)
      (self.controls, self.dimension) = (controls, dimension)
      self.constantAnswer = constantAnswer
    }
  }

  /// The verdict on a fit, and a sentence with everything that was found.
  package static func judging(_ evidence: Evidence) -> (verdict: FitVerdict, reason: String) {
    let findings = [
      pairs(evidence), random(evidence), falling(evidence.fit), overfitting(evidence),
      control(evidence),
    ].compactMap { $0 }
    let end =
      evidence.fit.end == .plateau
      ? "the validation loss is on a plateau" : "the loss had stopped falling when the steps ended"
    let reasons = findings.isEmpty ? [end] : findings.map(\.reason)
    return (findings.first?.verdict ?? .converged, reasons.joined(separator: "; "))
  }

  private typealias Finding = (verdict: FitVerdict, reason: String)

  private static func pairs(_ evidence: Evidence) -> Finding? {
    if let dimension = evidence.dimension, let reason = dimension.doubt {
      return (.tooFewPairs, reason)
    }
    let pairs = evidence.fit.trainingPairs + evidence.fit.validationPairs
    guard pairs < pairsPerDimension * evidence.rank else { return nil }
    return (
      .tooFewPairs,
      "\(pairs) pairs for \(evidence.rank) dimensions: give at least "
        + "\(pairsPerDimension * evidence.rank)"
    )
  }

  private static func falling(_ fit: FitHistory) -> Finding? {
    guard fit.isStillFalling else { return nil }
    return (.lossStillFalling, "the loss was still falling when the steps ended: give more steps")
  }

  private static func overfitting(_ evidence: Evidence) -> Finding? {
    let (train, test) = (evidence.train, evidence.test)
    let difference = train.difference(from: test)
    guard train.value - test.value >= gap, difference.lowerBound > 0 else { return nil }
    return (
      .overfits,
      String(
        format: "train − held out = %.2f [%.2f, %.2f]", train.value - test.value,
        difference.lowerBound, difference.upperBound)
    )
  }

  /// A random model that is above the fit, and no more than what isn't fitted or than a constant
  /// answer, belongs to ``control(_:)``.
  private static func random(_ evidence: Evidence) -> Finding? {
    func accuracy(_ kind: ControlKind) -> Accuracy? {
      evidence.controls.first { $0.name == kind.rawValue }?.iia
    }
    guard let random = accuracy(.randomModel) else { return nil }
    let floor = accuracy(.randomSubspaces)
    // Where nothing was found there is nothing that the random model has, too.
    if let floor, evidence.test.difference(from: floor).lowerBound <= 0 { return nil }
    let isAsMuch =
      evidence.test.difference(from: random).lowerBound <= 0
      && random.difference(from: evidence.test).lowerBound <= 0
    guard
      isAsMuch
        || hasHalf(random, of: evidence.test, above: [floor?.value, evidence.constantAnswer])
    else { return nil }
    return (
      .notAboveRandom,
      String(
        format:
          "held out %.2f, the same fit on a random model %.2f: what was found isn't the model's",
        evidence.test.value, random.value)
    )
  }

  /// Tells whether a random model has half of what a fit has above the highest of some floors, and
  /// is above it by all of its interval; false where a floor isn't known.
  private static func hasHalf(
    _ random: Accuracy, of test: Accuracy, above floors: [Double?]
  ) -> Bool {
    let known = floors.compactMap { $0 }
    guard known.count == floors.count, let floor = known.max() else { return false }
    return random.interval[0] > floor && 2 * (random.value - floor) >= test.value - floor
  }

  private static func control(_ evidence: Evidence) -> Finding? {
    let rivals: [ControlKind] = [.principalComponents, .randomModel]
    let above = rivals.compactMap { kind in
      evidence.controls.first { $0.name == kind.rawValue }
    }.filter { $0.iia.difference(from: evidence.test).lowerBound > 0 }
    guard !above.isEmpty else { return nil }
    let names = above.map {
      String(
        format: "%@ %.2f", $0.name == ControlKind.randomModel.rawValue ? "the random model" : "PCA",
        $0.iia.value)
    }
    return (
      .notFitted,
      String(format: "held out %.2f, below ", evidence.test.value)
        + names.joined(separator: " and ")
    )
  }
}

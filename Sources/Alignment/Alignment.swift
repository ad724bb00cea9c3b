import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A fitted DAS: a rotation at a site, with all that is needed to judge it.
public final class Alignment {
  /// The search that found the rotation.
  public let search: DistributedAlignmentSearch
  /// The learned frame [k, width], of boundless DAS the rows within the boundary; no longer
  /// trained.
  public let rotation: Rotation
  /// The loss of every training step.
  public let losses: [Double]
  /// The course of the fit; nil for a subspace that was given.
  public let fit: FitHistory?
  /// The choice of the number of dimensions; nil where it was given.
  public let dimension: DimensionEstimate?
  let model: Model
  let store: ActivationStore
  let training: SiteExamples

  init(
    search: DistributedAlignmentSearch, model: Model, store: ActivationStore,
    training: SiteExamples, rotation: Rotation, losses: [Double], fit: FitHistory?,
    dimension: DimensionEstimate?
  ) {
    (self.search, self.model, self.store) = (search, model, store)
    (self.training, self.rotation, self.losses) = (training, rotation, losses)
    (self.fit, self.dimension) = (fit, dimension)
  }

  /// The swap inside the learned subspace.
  public var intervention: DistributedInterchange {
    DistributedInterchange(rotation, blocks: blocks)
  }

  /// The rows of each source's block.
  var blocks: [Range<Int>] { search.findsDimension ? [0..<rotation.rank] : search.blocks }

  var run: InterchangeRun {
    InterchangeRun(model: model, store: store, batchSize: search.settings.batchSize)
  }

  /// Interchange intervention accuracy on other examples, with the standard controls.
  ///
  /// - Parameters:
  ///   - controls: the controls to run; all by default
  ///   - randomModel: the same architecture with random weights, for ``ControlKind/randomModel``;
  ///     made
  ///     when nil
  ///   - randomStore: the store of its base runs, when it is used for several alignments
  /// - Throws: ``AlignmentError`` or `ModelError` when an example doesn't fit.
  public func evaluate(
    on examples: [AlignmentExample], controls: Set<ControlKind> = Set(ControlKind.allCases),
    randomModel: Model? = nil, randomStore: ActivationStore? = nil,
    progress: (String) -> Void = { _ in }
  ) throws -> AlignmentReport {
    let data = try SiteExamples(examples, at: search.site, of: model, store: store)
    let outcomes = try run.outcomes(data, intervention)
    let trainOutcomes = try run.outcomes(training, intervention)
    let suite = ControlSuite(
      alignment: self, test: data, randomModel: randomModel, randomStore: randomStore)
    let results = try ControlKind.allCases.filter(controls.contains).map { kind in
      progress(kind.rawValue)
      return try suite.run(kind)
    }
    let (test, train) = (Accuracy(outcomes), Accuracy(trainOutcomes))
    let judgment = fit.map {
      FitVerdict.judging(
        .init(
          rank: rotation.rank, fit: $0, test: test, train: train, controls: results,
          dimension: dimension))
    }
    return AlignmentReport(
      site: search.site.description, rank: rotation.rank, test: test, train: train,
      controls: results, steps: losses.count,
      finalLoss: losses.suffix(10).reduce(0, +) / Double(max(1, min(10, losses.count))),
      orthonormalityError: rotation.orthonormalityError, verdict: judgment?.verdict,
      verdictReason: judgment?.reason, fit: fit, dimension: dimension)
  }
}

/// The figures of one fitted alignment; every one with its sample size and interval.
public struct AlignmentReport: Codable, Sendable {
  /// The site's name.
  public let site: String
  /// The number of rows of the rotation.
  public let rank: Int
  /// The accuracy on held-out examples.
  public let test: Accuracy
  /// The accuracy on the examples it was fitted on.
  public let train: Accuracy
  /// The controls that were run.
  public let controls: [ControlResult]
  /// Training steps taken.
  public let steps: Int
  /// The mean loss of the last ten steps.
  public let finalLoss: Double
  /// ‖RRᵀ − I‖∞.
  public let orthonormalityError: Float
  /// The judgment of the fit; nil where nothing was fitted, and in records from before version 0.2.
  public let verdict: FitVerdict?
  /// The findings that the verdict rests on.
  public let verdictReason: String?
  /// The course of the fit, where there was one.
  public let fit: FitHistory?
  /// The choice of the number of dimensions; nil where it was given.
  public let dimension: DimensionEstimate?

  /// A control's result by its kind.
  public func control(_ kind: ControlKind) -> ControlResult? {
    controls.first { $0.name == kind.rawValue }
  }
}

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
    let record = FitRecord(
      losses: losses, history: fit, dimension: dimension,
      orthonormalityError: rotation.orthonormalityError)
    return try FittedRotation(alignment: self).report(
      record, site: search.site.description, on: examples, controls: controls,
      randomModel: randomModel, randomStore: randomStore, progress: progress)
  }
}

/// An alignment as its controls see it.
private struct FittedRotation: JudgedFit {
  let alignment: Alignment

  var model: Model { alignment.model }
  var store: ActivationStore { alignment.store }
  var settings: AlignmentSettings { alignment.search.settings }
  var training: [SiteExamples] { [alignment.training] }
  var interventions: [any Intervention] { [alignment.intervention] }
  var rank: Int { alignment.rotation.rank }
  var randomName: String { "random subspaces of rank \(rank)" }

  func random(seed: UInt64) throws -> [any Intervention] {
    let random = try Rotation.random(rank: rank, width: alignment.rotation.width, seed: seed)
    return [DistributedInterchange(random.frozen, blocks: alignment.blocks)]
  }

  func principalComponents(
    of data: [SiteExamples]
  ) throws -> (interventions: [any Intervention], note: String)? {
    try principalSwap(of: data, rank: rank, blocks: alignment.blocks)
  }

  func readParts() throws -> ReadParts? { try alignment.readParts() }

  /// The search of the rank that was found, and no longer.
  func refitted(
    to model: Model, on examples: [AlignmentExample], store: ActivationStore
  ) throws -> any JudgedFit {
    var search = alignment.search
    search.settings.budget = settings.budget.limited(to: alignment.losses.count)
    if search.selection != nil {
      search.dimensions = [rank]
      (search.selection, search.boundary) = (nil, nil)
    }
    return FittedRotation(alignment: try search.fit(model, on: examples, store: store))
  }
}

/// The figures of one fitted alignment; every one with its sample size and interval.
public struct AlignmentReport: Codable, Sendable {
  /// The method in words, such as `mask`; nil for DAS.
  public let method: String?
  /// Remarks on what was found, a sentence each; nil for none.
  public let notes: [String]?
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
  /// The distance of patched activations from natural ones; nil where no controls were run, with
  /// several sites, and in earlier records.
  public let divergence: ActivationDivergence?
  /// The same at each of several sites that are swapped together; nil where no controls were run,
  /// with one site, and in earlier records.
  public let siteDivergences: [SiteDivergence]?
  /// The gates of a mask; nil of other fits, and in earlier records.
  public let mask: MaskGates?

  /// A control's result by its kind.
  public func control(_ kind: ControlKind) -> ControlResult? {
    controls.first { $0.name == kind.rawValue }
  }
}

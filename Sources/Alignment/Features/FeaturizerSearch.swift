import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A search whose featurizer itself is trained as DAS's rotation is: the first k features of each
/// source are swapped, and the label of the high-level model is to come out.
///
/// With a `ReversibleFeaturizer` this shows what an unrestricted map can "find" (arXiv
/// 2507.08802): it reaches high accuracies in networks with random weights too, which is why
/// ``ControlKind/randomModel`` stands beside every number.
///
/// At several sites it is one featurizer that is tied: the same features are swapped at all of them,
/// together. ``rotation(sites:dimensions:settings:)`` is DAS with one rotation for several layers.
public struct FeaturizerSearch {
  /// The places of the hidden vectors, of one width.
  public var sites: [Site]
  /// k, how many of the first features are swapped.
  public var dimensions: Int
  /// The name of the method in tables.
  public var name: String
  /// The training of the fit.
  public var settings: AlignmentSettings
  private let make: (_ width: Int, _ seed: UInt64) throws -> any Featurizer

  /// A search with a featurizer of one's own.
  ///
  /// - Parameter make: a featurizer of vectors of a width, to be trained
  public init(
    sites: [Site], dimensions: Int, name: String,
    settings: AlignmentSettings = AlignmentSettings(),
    make: @escaping (_ width: Int, _ seed: UInt64) throws -> any Featurizer
  ) {
    (self.sites, self.dimensions, self.name) = (sites, dimensions, name)
    (self.settings, self.make) = (settings, make)
  }

  /// A search with a reversible network.
  ///
  /// - Parameters:
  ///   - layers: coupling layers
  ///   - hidden: the width of their perceptrons' hidden layers
  ///   - bend: see `ReversibleFeaturizer`
  public static func reversible(
    site: Site, dimensions: Int, layers: Int = 4, hidden: Int = 64, bend: Double = 0.1,
    settings: AlignmentSettings = AlignmentSettings()
  ) -> FeaturizerSearch {
    FeaturizerSearch(
      sites: [site], dimensions: dimensions, name: "reversible network", settings: settings
    ) {
      ReversibleFeaturizer(width: $0, layers: layers, hidden: hidden, bend: bend, seed: $1)
    }
  }

  /// DAS with one rotation for several sites, such as layers.
  public static func rotation(
    sites: [Site], dimensions: Int, settings: AlignmentSettings = AlignmentSettings()
  ) -> FeaturizerSearch {
    FeaturizerSearch(sites: sites, dimensions: dimensions, name: "tied DAS", settings: settings) {
      RotationFeaturizer(try Rotation.random(rank: dimensions, width: $0, seed: $1))
    }
  }

  /// Checks the settings, the sites and every example's positions, before any work is done.
  ///
  /// - Throws: as ``fit(_:on:store:progress:)``.
  public func validate(_ model: Model, on examples: [AlignmentExample]) throws {
    try settings.validate()
    guard !sites.isEmpty else {
      throw AlignmentError.invalidSetting(name: "sites", expected: "at least one", found: "none")
    }
    let width = try model.width(of: sites[0])
    let sources = try SiteExamples.sourceCount(of: examples)
    guard sources <= dimensions else {
      throw AlignmentError.sourceMismatch(expected: dimensions, found: sources)
    }
    for site in sites {
      let other = try model.width(of: site)
      guard other == width else {
        throw InterventionError.widthMismatch(
          name: site.description, expected: width, found: other)
      }
      let positions = try SiteExamples.basePositions(of: examples, at: site, of: model)
      for source in 0..<sources {
        _ = try SiteExamples.sourcePositions(
          of: examples, source: source, at: site, of: model, as: positions)
      }
    }
  }

  /// Fits the featurizer.
  ///
  /// - Throws: ``AlignmentError``, `ModelError` or `InterventionError` naming what doesn't fit.
  public func fit(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore = ActivationStore(),
    progress: (FitProgress) -> Void = { _ in }
  ) throws -> FeaturizerAlignment {
    try validate(model, on: examples)
    let featurizer = try featurizer(for: model, seed: settings.seed)
    let data = try sites.map { try SiteExamples(examples, at: $0, of: model, store: store) }
    let sources = try SiteExamples.sourceCount(of: examples)
    let run = InterchangeRun(model: model, store: store, batchSize: settings.batchSize)
    let swap = FeaturizerSwap(
      data: data, swap: BlockedFeatureInterchange(featurizer, dimensions, sources: sources))
    let (losses, history) = try SwapTraining(
      settings: settings, run: run, indices: Array(0..<examples.count),
      rate: settings.rate(width: featurizer.width)
    )(swap, progress: progress)
    return FeaturizerAlignment(
      search: self, featurizer: featurizer, swap: swap.swap, losses: losses, fit: history,
      model: model, store: store, training: data)
  }

  /// An untrained featurizer of the site's vectors.
  func featurizer(for model: Model, seed: UInt64) throws -> any Featurizer {
    let width = try model.width(of: sites[0])
    let featurizer = try make(width, seed)
    guard featurizer.width == width else {
      throw InterventionError.widthMismatch(
        name: sites.summary, expected: featurizer.width, found: width)
    }
    guard (1...featurizer.featureCount).contains(dimensions) else {
      throw InterventionError.rankOutOfRange(rank: dimensions, width: featurizer.featureCount)
    }
    return featurizer
  }
}

/// A swap of the first features, in equal blocks for several sources.
final class BlockedFeatureInterchange: Intervention {
  let featurizer: any Featurizer
  let blocks: [Range<Int>]

  init(_ featurizer: any Featurizer, _ dimensions: Int, sources: Int) {
    self.featurizer = featurizer
    let size = dimensions / sources
    blocks = (0..<sources).map { source in
      source * size..<(source == sources - 1 ? dimensions : (source + 1) * size)
    }
  }

  var name: String { "featurized interchange" }
  var sourceCount: Int { blocks.count }
  var parameters: [Parameter] { featurizer.parameters }
  var orthonormalParameters: [Parameter] { featurizer.orthonormalParameters }

  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let own = featurizer.encode(base)
    var new = own
    for (block, source) in zip(blocks, sources) {
      new = new.replacingColumns(block, with: featurizer.encode(source).columns(block))
    }
    return base + featurizer.change(of: base, from: own, to: new)
  }
}

/// A featurizer in training, the same at each site.
private struct FeaturizerSwap: TrainedSwap {
  let data: [SiteExamples]
  let swap: BlockedFeatureInterchange

  var groups: [TrainedGroup] {
    [TrainedGroup(swap.parameters, orthonormal: swap.orthonormalParameters)]
  }
  func parts(of indices: [Int]) -> [PlacedSwap] { data.map { PlacedSwap($0, swap) } }
  func judgedParts(of indices: [Int]) -> [PlacedSwap] { parts(of: indices) }
}

/// A fitted featurizer, with all that is needed to judge it.
public final class FeaturizerAlignment {
  /// The search that found it.
  public let search: FeaturizerSearch
  /// The trained featurizer.
  public let featurizer: any Featurizer
  /// The loss of every training step.
  public let losses: [Double]
  /// The course of the fit.
  public let fit: FitHistory
  fileprivate let swap: BlockedFeatureInterchange
  fileprivate let model: Model
  fileprivate let store: ActivationStore
  fileprivate let training: [SiteExamples]

  init(
    search: FeaturizerSearch, featurizer: any Featurizer, swap: BlockedFeatureInterchange,
    losses: [Double], fit: FitHistory, model: Model, store: ActivationStore,
    training: [SiteExamples]
  ) {
    (self.search, self.featurizer, self.swap) = (search, featurizer, swap)
    (self.losses, self.fit) = (losses, fit)
    (self.model, self.store, self.training) = (model, store, training)
  }

  /// Interchange intervention accuracy on other examples, with controls.
  ///
  /// - Parameter controls: the controls to run; random subspaces are untrained featurizers
  /// - Throws: ``AlignmentError`` or `ModelError` when an example doesn't fit.
  public func evaluate(
    on examples: [AlignmentExample], controls: Set<ControlKind> = Set(ControlKind.allCases),
    randomModel: Model? = nil, randomStore: ActivationStore? = nil,
    progress: (String) -> Void = { _ in }
  ) throws -> AlignmentReport {
    let rotation = (featurizer as? RotationFeaturizer)?.rotation
    let record = FitRecord(
      method: search.name, losses: losses, history: fit,
      orthonormalityError: rotation?.orthonormalityError ?? 0)
    return try FittedFeaturizer(found: self).report(
      record, site: search.sites.summary, on: examples, controls: controls,
      randomModel: randomModel, randomStore: randomStore, progress: progress)
  }
}

/// A featurizer as its controls see it.
private struct FittedFeaturizer: JudgedFit {
  let found: FeaturizerAlignment

  var model: Model { found.model }
  var store: ActivationStore { found.store }
  var settings: AlignmentSettings { found.search.settings }
  var training: [SiteExamples] { found.training }
  var interventions: [any Intervention] { training.map { _ in found.swap } }
  var rank: Int { found.search.dimensions }
  var randomName: String { "untrained featurizers, \(rank) features" }

  func random(seed: UInt64) throws -> [any Intervention] {
    let featurizer = try found.search.featurizer(for: model, seed: seed)
    let swap = BlockedFeatureInterchange(featurizer, rank, sources: found.swap.sourceCount)
    return training.map { _ in swap }
  }

  func principalComponents(
    of data: [SiteExamples]
  ) throws -> (interventions: [any Intervention], note: String)? {
    try principalSwap(of: data, rank: rank, blocks: found.swap.blocks)
  }

  func refitted(
    to model: Model, on examples: [AlignmentExample], store: ActivationStore
  ) throws -> any JudgedFit {
    var search = found.search
    search.settings.budget = settings.budget.limited(to: found.losses.count)
    return FittedFeaturizer(found: try search.fit(model, on: examples, store: store))
  }
}

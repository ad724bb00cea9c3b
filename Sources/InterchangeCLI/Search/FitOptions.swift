import ArgumentParser
import Foundation
import Interchange

/// A subspace's rank: a number, or to be found.
enum RankOption: Equatable, ExpressibleByArgument {
  case fixed(Int)
  case chosen

  init?(argument: String) {
    if argument == "auto" {
      self = .chosen
    } else if let rank = Int(argument), (-1_000_000_000...1_000_000_000).contains(rank) {
      self = .fixed(rank)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .fixed(let rank): "\(rank)"
    case .chosen: "auto"
    }
  }
}

/// The layers that a search may take.
struct LayerOption: Equatable, ExpressibleByArgument {
  let selection: LayerSelection

  init?(argument: String) {
    guard let selection = LayerSelection(parsing: argument) else { return nil }
    // Sums with a layer don't overflow.
    if case .layers(let layers) = selection {
      guard layers.allSatisfy({ (-1_000_000_000...1_000_000_000).contains($0) }) else { return nil }
    }
    self.selection = selection
  }

  var defaultValueDescription: String { selection.description }

  /// The layers; a single one as it is, to be judged with the other faults of its site.
  func layers(of model: LanguageModel) throws -> [Int] {
    if case .layers(let one) = selection, one.count == 1 { return one }
    return try selection.resolved(model.layers)
  }
}

/// The place of a search: a site, or the layers among which it is chosen.
struct SearchSiteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The component, such as block_output or head_attention_value_output.", valueName: "name"))
  var site = "block_output"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The layer, from 0. Of several, such as 20-29 or all, the one is taken that does best on \
      held-out training pairs.
      """, valueName: "n"))
  var layer: LayerOption

  @OptionGroup var place: PlaceOptions

  /// The sites, one for each layer.
  func resolved(in model: LanguageModel) throws -> [Site] {
    try layer.layers(of: model).map {
      try Site(named: site, layer: $0, head: place.head, place.positions)
    }
  }
}

/// The training of a subspace.
struct FitOptions: ParsableArguments {
  @Option(
    .count,
    "Steps to take; by default as many as it takes until the validation loss is on a plateau.")
  var steps: Int?
  @Option(.count, "Passes over the training pairs, in the place of steps.") var epochs: Int?
  @Option(.count, "Steps at most until convergence.") var maxSteps = 1000
  @Option(.count, "Checks, or epochs, without a lower validation loss that end the training.")
  var patience = 4
  @Option(.part, "The share of the training pairs that is only watched.", valueName: "share")
  var validationShare = 0.15
  @Option(.count, "Pairs in a step.") var batch = 32
  @Option(.rate, "The highest rate; by default 0.2 / √width.", valueName: "rate")
  var learningRate: Double?

  func validate() throws {
    guard steps == nil || epochs == nil else {
      throw ValidationError("give either --steps or --epochs.")
    }
  }

  func settings(seed: UInt64) -> AlignmentSettings {
    var settings = AlignmentSettings()
    settings.budget =
      steps.map(FitBudget.steps) ?? epochs.map(FitBudget.epochs)
      ?? .converged(maximumSteps: maxSteps)
    (settings.patience, settings.validationShare) = (patience, validationShare)
    (settings.batchSize, settings.learningRate, settings.seed) = (batch, learningRate, seed)
    return settings
  }
}

/// The search for the number of dimensions.
struct DimensionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Dimensions of the subspace, or auto: the smallest number that does as well on held-out \
      training pairs as the best one, within its interval.
      """, valueName: "k"))
  var rank = RankOption.fixed(1)
  @Option(.count, "The largest rank that auto and --boundless try.") var maxRank: Int?
  @Flag(
    help: """
      Boundless DAS: a full rotation with a learned mask gives the directions, held-out accuracy \
      on training pairs how many there are; --rank is not used.
      """)
  var boundless = false
  @Flag(help: "With --boundless: the published method, whose dimension depends on the steps.")
  var publishedBoundary = false
  @Option(.rate, "With --boundless: the rate of the mask's boundary.", valueName: "rate")
  var boundaryRate = 1e-2
  @Option(
    .strength, "With --boundless: the weight of the mean mask in the loss.", valueName: "weight")
  var boundaryPenalty = 1.0
  @Option(.positive, "With --boundless: the mask's first temperature.", valueName: "t")
  var firstTemperature = 50.0
  @Option(.positive, "With --boundless: the mask's last temperature.", valueName: "t")
  var lastTemperature = 0.1
  @Option(.count, "With --boundless: steps of the mask, without --steps and --epochs.")
  var boundarySteps = 100

  func validate() throws {
    guard boundless || !publishedBoundary else {
      throw ValidationError("--published-boundary is for --boundless.")
    }
  }

  func search(at site: Site, _ settings: AlignmentSettings) -> DistributedAlignmentSearch {
    var selection = RankSelection()
    selection.maximumRank = maxRank
    if boundless {
      var boundary = LearnedBoundary()
      (boundary.learningRate, boundary.penalty) = (boundaryRate, boundaryPenalty)
      (boundary.temperatures, boundary.steps) = (
        [firstTemperature, lastTemperature], boundarySteps
      )
      return DistributedAlignmentSearch(
        site: site, boundary: boundary, selection: publishedBoundary ? nil : selection,
        settings: settings)
    }
    return switch rank {
    case .fixed(let rank):
      DistributedAlignmentSearch(site: site, dimensions: rank, settings: settings)
    case .chosen: DistributedAlignmentSearch(site: site, selection: selection, settings: settings)
    }
  }
}

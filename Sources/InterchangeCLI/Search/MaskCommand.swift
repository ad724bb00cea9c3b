import ArgumentParser
import Foundation
import Interchange

/// `interchange mask`: the features, heads, positions or sites that carry a variable.
struct MaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mask",
    abstract: "Find the features, heads, positions or sites that carry a task's variable.",
    discussion: """
      Gates between 0 and 1 swap their parts of the source; a penalty closes those that aren't \
      needed, and in the end a part is swapped where its gate is above a half (desiderata-based \
      masking). With --unit features a gate is for one feature of the basis.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @OptionGroup var mask: MaskOptions
  @OptionGroup var fit: FitOptions
  @OptionGroup var controls: ControlOptions
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let sites = try mask.sites(in: model)
    let basis = try mask.featureBasis()
    var writer = try RunWriter(self, common, model)
    let store = storeOptions.store(for: sites)
    let places = sites[0].positions
    let source = mask.place.sourcePositions
    let data = try task.data(
      for: model, store: store, seed: common.seed, positions: places, sourcePositions: source)
    writer.settings["pairs"] = .integer(data.count)
    let examples = data.train.examples + data.test.examples
    let search = MaskSearch(
      sites: try mask.parted(sites, source: source, examples, in: model), unit: mask.unit.gate,
      basis: basis, gates: mask.gates, settings: fit.settings(seed: common.seed))
    try search.validate(model.network, on: data.train.examples)
    try search.validate(model.network, on: data.test.examples)
    Output.note("train: " + data.train.check.line)
    Output.note("test: " + data.test.check.line)
    let progress = FitProgressLines("mask")
    let found = try search.run(
      model, on: data, controls: controls.kinds, store: store,
      fitting: progress.show
    ) { Output.note($0) }
    try writer.finish(RunResults(AlignmentRuns([found.run]))) {
      Output.print(found.run.heading)
      Output.print(found.run.table)
      for line in found.run.remarks { Output.print(line) }
      Output.print(found.run.choices)
    }
  }
}

/// The part that one gate opens.
enum MaskUnitOption: String, ExpressibleByArgument, CaseIterable {
  case features, heads, positions, sites

  /// The unit of the search; positions are sites of one position each.
  var gate: MaskSearch.Unit {
    switch self {
    case .features: .features
    case .heads: .heads
    case .positions, .sites: .sites
    }
  }
}

/// The features that a mask chooses from.
enum MaskBasisOption: String, ExpressibleByArgument, CaseIterable {
  case coordinates, rotation
  case randomRotation = "random-rotation"
  case pca, standardized, svd

  var basis: FeatureBasis {
    switch self {
    case .coordinates: .coordinates
    case .rotation: .rotated(isTrained: true)
    case .randomRotation: .rotated(isTrained: false)
    case .pca: .principalComponents()
    case .standardized: .standardized
    case .svd: .singularVectors
    }
  }
}

/// The places, the units and the training of a mask.
struct MaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The component, such as block_output or mlp_hidden.", valueName: "name"))
  var site = "block_output"
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The layers whose gates are trained together, such as 27, 20-29 or all.", valueName: "n"))
  var layer: LayerOption
  @OptionGroup var place: PlaceOptions
  @Option(help: "What one gate opens.") var unit = MaskUnitOption.features
  @Option(
    help: """
      The features of --unit features; rotation is trained with the gates, svd are the singular \
      vectors of the weight that reads or makes the site.
      """)
  var basis = MaskBasisOption.coordinates
  @Option(
    help: ArgumentHelp(
      "A sparse autoencoder whose features the gates choose from.", valueName: "path"))
  var sae: String?
  @Option(.rate, "The highest rate of the gates.", valueName: "rate") var gateRate = 5e-2
  @Option(.strength, "The weight of the mean gate in the loss, in nats.", valueName: "weight")
  var penalty = 0.5
  @Option(.positive, "The gates' first temperature.", valueName: "t") var firstTemperature = 1.0
  @Option(.positive, "The gates' last temperature.", valueName: "t") var lastTemperature = 0.02
  @Option(.count, "Steps, without --steps and --epochs.") var gateSteps = 200

  func validate() throws {
    guard unit == .features || (sae == nil && basis == .coordinates) else {
      throw ValidationError("--basis and --sae are for --unit features.")
    }
    guard sae == nil || basis == .coordinates else {
      throw ValidationError("give either --basis or --sae.")
    }
  }

  /// The sites, one for each layer.
  func sites(in model: LanguageModel) throws -> [Site] {
    try layer.layers(of: model).map {
      try Site(named: site, layer: $0, head: place.head, place.positions)
    }
  }

  /// The sites as gates choose among them.
  func parted(
    _ sites: [Site], source: Positions?, _ examples: [AlignmentExample], in model: LanguageModel
  ) throws -> [Site] {
    if unit == .positions {
      guard source == nil else {
        throw ValidationError("--unit positions takes no --source-position.")
      }
      return try sites.flatMap { try $0.singlePositions(of: examples, in: model.network) }
    }
    return sites.map {
      var site = $0
      site.positions = site.positions.swapped(from: source)
      return site
    }
  }

  func featureBasis() throws -> FeatureBasis {
    guard let sae else { return basis.basis }
    return .given(try SparseAutoencoder.read(contentsOf: URL(userPath: sae)).0)
  }

  var gates: GateTraining {
    var gates = GateTraining()
    (gates.learningRate, gates.penalty) = (gateRate, penalty)
    (gates.temperatures, gates.steps) = ([firstTemperature, lastTemperature], gateSteps)
    return gates
  }
}

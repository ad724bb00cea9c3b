import ArgumentParser
import Foundation
import Interchange

/// `interchange das`: the subspace that carries a variable, with its controls.
struct DASCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "das", abstract: "Find the subspace that carries a task's variable.",
    discussion: """
      With --featurizer reversible a reversible network takes the rotation's place. Such a map finds \
      a variable in networks that were never trained, too (arXiv 2507.08802): read it beside the \
      random model, with which the verdict compares it.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @OptionGroup var site: SearchSiteOptions
  @OptionGroup var dimension: DimensionOptions
  @OptionGroup var featurizer: FeaturizerOptions
  @OptionGroup var fit: FitOptions
  @Option(
    .count, "Fits from as many seeds, for the mean, the deviation and the angles between them.")
  var seeds = 1
  @Flag(help: "One rotation for all of --layer, swapped at every one together.") var tied = false
  @OptionGroup var controls: ControlOptions
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard tied || featurizer.kind == .reversible else { return }
    let option = tied ? "--tied" : "--featurizer reversible"
    guard case .fixed = dimension.rank, !dimension.boundless, seeds == 1 else {
      throw ValidationError(
        "\(option) is for a number as --rank, without --boundless and --seeds.")
    }
  }

  /// The search of a map that one search has for all sites; nil for a rotation of each site.
  private func featurized(_ sites: [Site], _ settings: AlignmentSettings) throws
    -> FeaturizerSearch?
  {
    guard case .fixed(let rank) = dimension.rank, !dimension.boundless else { return nil }
    guard featurizer.kind == .reversible else {
      return tied ? .rotation(sites: sites, dimensions: rank, settings: settings) : nil
    }
    guard sites.count == 1 else {
      throw ValidationError("--featurizer reversible takes one layer.")
    }
    return .reversible(
      site: sites[0], dimensions: rank, layers: featurizer.couplingLayers,
      hidden: featurizer.couplingWidth, bend: featurizer.couplingBend, settings: settings)
  }

  func run() throws {
    let model = try model.load()
    var sites = try site.resolved(in: model)
    let places = sites[0].positions
    let source = site.place.sourcePositions
    for index in sites.indices { sites[index].positions = places.swapped(from: source) }
    var search = dimension.search(at: sites[0], fit.settings(seed: common.seed))
    if case .fixed(let rank) = dimension.rank, !dimension.boundless {
      let width = try model.width(of: sites[0])
      guard (1...width).contains(rank) else {
        throw InterventionError.rankOutOfRange(rank: rank, width: width)
      }
    }
    var writer = try RunWriter(
      self, common, model,
      writing: featurizer.kind == .rotation ? ["rotation.safetensors"] : [])
    writer.set(
      .object([
        .init(
          key: "learning-rate",
          value: .number(search.settings.rate(width: try model.width(of: sites[0]))))
      ]))
    let store = storeOptions.store(for: sites)
    let data = try task.data(
      for: model, store: store, seed: common.seed, positions: places, sourcePositions: source)
    writer.settings["pairs"] = .integer(data.count)
    for site in sites {
      search.site = site
      try search.validate(model.network, on: data.train.examples)
      try search.validate(model.network, on: data.test.examples)
    }
    Output.note("train: " + data.train.check.line)
    Output.note("test: " + data.test.check.line)
    if let search = try featurized(sites, search.settings) {
      return try run(search, model, data, store, writer)
    }
    let study = SubspaceStudy(search: search, sites: sites, seeds: seeds)
    let progress = FitProgressLines("das")
    let found = try study.run(
      model, on: data, controls: controls.kinds, store: store,
      fitting: progress.show
    ) { Output.note($0) }
    try finish(
      writer, found.run, found.alignment.rotation, site: found.alignment.search.site.description)
  }

  /// One map for all sites.
  private func run(
    _ search: FeaturizerSearch, _ model: LanguageModel, _ data: TaskData, _ store: ActivationStore,
    _ writer: RunWriter
  ) throws {
    try search.validate(model.network, on: data.train.examples)
    try search.validate(model.network, on: data.test.examples)
    let progress = FitProgressLines("das")
    let found = try search.run(
      model, on: data, controls: controls.kinds, store: store, fitting: progress.show
    ) { Output.note($0) }
    try finish(
      writer, found.run, (found.alignment.featurizer as? RotationFeaturizer)?.rotation,
      site: found.run.report.site)
  }

  /// Writes and shows a run, with the rotation where the map is one.
  private func finish(
    _ writer: RunWriter, _ run: AlignmentRun, _ rotation: Rotation?, site: String
  ) throws {
    try writer.finish(
      RunResults(AlignmentRuns([run])),
      files: { folder in
        guard let rotation else { return [] }
        let url = folder.appending(component: "rotation.safetensors")
        try rotation.write(
          to: url, metadata: ["site": site, "model": writer.identity?.identity ?? ""])
        return [url]
      },
      show: {
        Output.print(run.heading)
        Output.print(run.table)
        for line in run.remarks { Output.print(line) }
        Output.print(run.choices)
      })
  }
}

/// The map whose first coordinates are swapped.
struct FeaturizerOptions: ParsableArguments {
  /// The kinds of maps.
  enum Kind: String, ExpressibleByArgument, CaseIterable { case rotation, reversible }

  @Option(
    name: .customLong("featurizer"),
    help: "The map whose first coordinates are swapped; a reversible network isn't written.")
  var kind = Kind.rotation
  @Option(.counts(from: 1, to: 100), "With --featurizer reversible: coupling layers.")
  var couplingLayers = 4
  @Option(
    .counts(from: 1, to: 100_000), "With --featurizer reversible: a coupling's hidden units.")
  var couplingWidth = 64
  @Option(
    .positive, "With --featurizer reversible: how far it starts from the identity; 1 is far.",
    valueName: "factor")
  var couplingBend = 0.1
}

/// A progress line for each fit of a search.
final class FitProgressLines {
  private let title: String
  private var current: (part: String, line: ProgressLine)?

  init(_ title: String) { self.title = title }

  func show(_ progress: FitProgress) {
    if current?.part != progress.part || progress.step == 1 {
      let name = progress.part.isEmpty ? title : "\(title), \(progress.part)"
      current = (progress.part, ProgressLine(name))
    }
    current?.line.update(
      progress.step, of: progress.steps, detail: String(format: "loss %.3f", progress.loss))
  }
}

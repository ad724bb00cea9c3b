import ArgumentParser
import Foundation
import Interchange

/// `interchange das`: the subspace that carries a variable, with its controls.
struct DASCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "das", abstract: "Find the subspace that carries a task's variable.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @OptionGroup var site: SearchSiteOptions
  @OptionGroup var dimension: DimensionOptions
  @OptionGroup var fit: FitOptions
  @Option(
    .count, "Fits from as many seeds, for the mean, the deviation and the angles between them.")
  var seeds = 1
  @OptionGroup var controls: ControlOptions
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

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
    var writer = try RunWriter(self, common, model, writing: ["rotation.safetensors"])
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
    let study = SubspaceStudy(search: search, sites: sites, seeds: seeds)
    let progress = FitProgressLines("das")
    let found = try study.run(
      model, on: data, controls: controls.kinds, store: store,
      fitting: progress.show
    ) { Output.note($0) }
    try writer.finish(
      RunResults(AlignmentRuns([found.run])),
      files: { folder in
        let url = folder.appending(component: "rotation.safetensors")
        try found.alignment.rotation.write(
          to: url,
          metadata: [
            "site": found.alignment.search.site.description,
            "model": writer.identity?.identity ?? "",
          ])
        return [url]
      },
      show: {
        Output.print(found.run.heading)
        Output.print(found.run.table)
        for line in found.run.remarks { Output.print(line) }
        for table in found.run.choices {
          Output.print("\n" + [table.title, table.note].joined(separator: " "))
          Output.print(table)
        }
      })
  }
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

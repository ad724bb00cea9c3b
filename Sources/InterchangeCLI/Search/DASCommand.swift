import ArgumentParser
import Foundation
import Interchange

/// `interchange das`: the subspace that carries a variable, with its controls.
struct DASCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "das", abstract: "Find the subspace that carries a task's variable.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @OptionGroup var site: SiteOptions
  @Option(.place, "Dimensions of the subspace.", valueName: "k") var rank = 1
  @Flag(help: "Boundless DAS: learn the number of dimensions; --rank is not used.")
  var boundless = false
  @Option(.count, "Passes over the training pairs.") var epochs = 10
  @Option(.count, "Pairs in a step.") var batch = 32
  @Option(.rate, "The rate after warm-up.", valueName: "rate") var learningRate = 4e-3
  @Flag(inversion: .prefixedNo, help: "Run the standard controls.") var controls = true
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let base = try self.site.resolved()
    let source = self.site.sourcePosition.map { Positions(parsing: $0) }
    var site = base
    site.positions = base.positions.swapped(from: source)
    let model = try model.load()
    let width = try model.width(of: site)
    guard (1...width).contains(rank) else {
      throw InterventionError.rankOutOfRange(rank: rank, width: width)
    }
    var writer = try RunWriter(self, common, model, writing: ["rotation.safetensors"])
    let store = storeOptions.store(for: [site])
    let data = try task.data(
      for: model, store: store, seed: common.seed, positions: base.positions,
      sourcePositions: source)
    writer.settings["pairs"] = .integer(data.count)
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (epochs, batch, learningRate)
    settings.seed = common.seed
    let search =
      boundless
      ? DistributedAlignmentSearch(site: site, boundary: LearnedBoundary(), settings: settings)
      : DistributedAlignmentSearch(site: site, dimensions: rank, settings: settings)
    try search.validate(model.network, on: data.train.examples)
    try search.validate(model.network, on: data.test.examples)
    Output.note("train: " + data.train.check.line)
    Output.note("test: " + data.test.check.line)
    let progress = ProgressLine("das")
    let alignment = try search.fit(model.network, on: data.train.examples, store: store) {
      progress.update($0.step, of: $0.steps, detail: String(format: "loss %.3f", $0.loss))
    }
    let report = try alignment.evaluate(
      on: data.test.examples, controls: controls ? Set(ControlKind.allCases) : []
    ) { Output.note("control: \($0)") }

    let run = AlignmentRun(
      task: data.task, variable: data.variable, check: data.test.check, disjoint: data.disjoint,
      report: report, losses: alignment.losses)
    let runs = AlignmentRuns([run])
    try writer.finish(
      RunResults(runs),
      files: { folder in
        let url = folder.appending(component: "rotation.safetensors")
        try alignment.rotation.write(
          to: url,
          metadata: ["site": site.description, "model": writer.identity?.identity ?? ""])
        return [url]
      },
      show: {
        Output.print(run.heading)
        Output.print(run.table)
      })
  }
}

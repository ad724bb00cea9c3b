import ArgumentParser
import Foundation
import Interchange

/// `interchange examine`: what the subspaces of a trained ReFT adapter carry.
struct ExamineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "examine",
    abstract: "Interchange experiments in the subspaces of a trained ReFT adapter.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var adapters: AdapterOptions
  @OptionGroup var task: TaskOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Where to swap; the adapter's own positions.", valueName: "p"))
  var position: String?
  @OptionGroup var controls: ControlOptions
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    guard !adapters.adapter.isEmpty else { throw ValidationError("--adapter is needed.") }
    let model = try model.load()
    let adapted = try adapters.adapted(model)
    var writer = try RunWriter(self, common, model)
    let store = storeOptions.store()
    let data = try task.data(
      for: model, store: store, seed: common.seed,
      positions: position.map { Positions(parsing: $0) })
    writer.settings["pairs"] = .integer(data.count)
    let runs = try adapted.examineSubspaces(
      on: data, positions: position.map { Positions(parsing: $0) },
      controls: controls.kinds, store: store
    ) { Output.note($0) }
    try writer.finish(RunResults(AlignmentRuns(runs))) {
      for run in runs {
        Output.print(run.heading)
        Output.print(run.table)
        for line in run.remarks { Output.print(line) }
      }
    }
  }
}

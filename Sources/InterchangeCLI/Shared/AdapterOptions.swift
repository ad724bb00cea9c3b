import ArgumentParser
import Interchange

/// Adapters that are on, in their order.
struct AdapterOptions: ParsableArguments {
  @Option(
    name: .customLong("adapter"),
    help: ArgumentHelp(
      "A folder that `finetune` or `steer` wrote; several compose, in the order given.",
      valueName: "dir"))
  var adapter: [String] = []

  func adapted(_ model: LanguageModel) throws -> AdaptedModel {
    let adapted = try AdaptedModel(contentsOf: adapter, base: model, foreign: ForeignAdapters.all)
    try ForeignAdapters.remarks(on: adapter, for: model).forEach(Output.note)
    return adapted
  }
}

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

/// Adapters that are on, in their order, and how much those among them steer that do.
struct SteeredAdapterOptions: ParsableArguments {
  @OptionGroup var adapters: AdapterOptions
  @Option(
    .factor, "A factor of the vectors of adapters that steer; negative steers the other way.",
    valueName: "s")
  var strength: Double?

  func adapted(_ model: LanguageModel) throws -> AdaptedModel {
    let adapted = try adapters.adapted(model)
    if let strength { try adapted.scaleSteering(by: strength) }
    return adapted
  }
}

import ArgumentParser
import Interchange

/// `interchange ablate`: what the parts of a model are needed for.
struct AblateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablate",
    abstract: "Ablate one part of a model at a time, and see what it was needed for.",
    discussion: """
      Of every pair the base is run with one part of one layer changed; what counts is the logit \
      of its own answer minus that of the counterfactual answer.
      Interventions:
      \(InterventionOptions.list)
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @Option(help: ArgumentHelp("The components, one or several.", valueName: "names"))
  var site = "attention_output,mlp_output"
  @OptionGroup var parts: HeadLayersOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The positions that are changed: all, an index, f3, l2, or the name of a span.",
      valueName: "p"))
  var position = "all"
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What is done: one of the interventions.", valueName: "name"))
  var ablation = "mean"
  @Option(.count, "How many pairs are used.") var limit = 32
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try places
    _ = try intervention
  }

  private var places: ComponentPlaces {
    get throws { try ComponentPlaces(site, heads: parts.heads) }
  }

  private var intervention: ChosenIntervention {
    get throws { try InterventionOptions.chosen(ablation, option: "ablation") }
  }

  func run() throws {
    let model = try model.load()
    let places = try places.resolved(in: model.network)
    let layers =
      try parts.layers.resolved(model.layers)
      ?? Array(0..<(model.architecture.stacks?.encoder.layers ?? model.layers))
    let positions = Positions(parsing: position)
    var writer = try RunWriter(self, common, model)
    let store = storeOptions.store()
    let data = try task.data(for: model, store: store, seed: common.seed, positions: positions)
    writer.settings["pairs"] = .integer(data.count)
    let progress = ProgressLine("ablate")
    let result = try Ablation(
      of: places, layers: layers, at: positions, by: try intervention, seed: common.seed
    ).run(model.network, on: Array(data.train.examples.prefix(limit)), store: store) {
      progress.update($0, of: $1)
    }
    let run = AblationRun(task: data.task, variable: data.variable, result: result)
    try writer.finish(RunResults(run)) {
      Output.print(data.train.check.line)
      Output.print(run.table())
    }
  }
}

import ArgumentParser
import Foundation
import Interchange

/// `interchange compare`: several methods on the same data, steps and seeds.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Train several methods on the same data with the same seeds, and measure them.")

  @OptionGroup var model: ModelArgument
  @Option(
    help: ArgumentHelp(
      "Methods, separated by commas, each with choices after colons: loreft:rank=8:rate=4e-3,red.",
      valueName: "list"))
  var methods: String?
  @Option(
    name: .customLong("choices"),
    help: ArgumentHelp(
      "A method with its choices, as `tune` wrote them, beside those of --methods.",
      valueName: "file"))
  var choiceFiles: [String] = []
  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Method") var choices: MethodOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @Option(help: ArgumentHelp("How many seeds, from --seed on.", valueName: "n")) var seeds = 3
  @Option(
    name: .customLong("also-data"),
    help: ArgumentHelp("A further data set, compared in the same way.", valueName: "path"))
  var furtherData: [String] = []
  @Flag(
    help: "Go on from what an earlier run left in --out: finished runs are read, others resumed.")
  var resume = false
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    guard seeds >= 1 else { throw ValidationError("--seeds must be at least 1.") }
    guard !resume || common.out != nil else { throw ValidationError("--resume needs --out.") }
    let parsed =
      try (methods ?? "").split(separator: ",").map { try MethodChoices(parsing: String($0)) }
      + choiceFiles.map { try MethodChoices(file: $0) }
    guard !parsed.isEmpty else {
      throw ValidationError("compare needs a method in --methods or --choices.")
    }
    let sets = try ([data.data] + furtherData).map { try data.read($0) }
    let model = try model.load()
    let writer = try RunWriter("compare", common, model)
    let progress = FineTuningProgress()
    var comparisons: [MethodComparison] = []
    for set in sets {
      Output.note("\(set.task.name): \(set.train.count) to train on, \(set.test.count) to measure")
      let experiments = try parsed.map { chosen in
        (
          chosen.description,
          try FineTuningExperiment(chosen, choices, training, self.data, model, set, common)
        )
      }
      comparisons.append(
        try MethodComparison(
          experiments, on: set, model: model,
          seeds: (0..<seeds).map { common.seed &+ UInt64($0) },
          folder: { method, seed in
            writer.folder?.appending(components: set.task.name, method, "seed-\(seed)")
          }, resumes: resume, store: storeOptions.store(), progress: progress.show))
    }
    try writer.write(writer.record(RunResults(MethodComparisons(comparisons)))) { folder in
      let url = folder.appending(component: "comparison.md")
      let tables = comparisons.map { $0.table.markdown + "\n" }.joined(separator: "\n")
      try Data(tables.utf8).write(to: url, options: .atomic)
      return [url]
    }
    if common.json { return try Output.print(json: comparisons) }
    for comparison in comparisons {
      Output.print(comparison.table)
      Output.print("")
    }
  }
}

extension FineTuningExperiment {
  /// The experiment of a method with its own choices over those of the command line.
  init(
    _ chosen: MethodChoices, _ choices: MethodOptions, _ training: TrainingOptions,
    _ dataOptions: DataOptions, _ model: LanguageModel, _ data: FineTuningData,
    _ common: CommonOptions
  ) throws {
    var configuration = try choices.configuration(chosen.method)
    var settings = training.settings(seed: common.seed)
    try chosen.apply(to: &configuration, &settings)
    self.init(configuration, settings: settings)
    inputs = try choices.inputs(configuration, model, data)
    dataOptions.apply(to: &self, model)
    keepsBest = training.best
  }
}

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
    help: ArgumentHelp(
      "A method with its choices, as `tune` wrote them, beside those of --methods.",
      valueName: "file"))
  var choices: [String] = []
  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Method") var method: MethodOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @Option(.counts(from: 1, to: 10_000), "How many seeds, from --seed on.") var seeds = 3
  @Option(
    help: ArgumentHelp("A further data set, compared in the same way.", valueName: "path"))
  var alsoData: [String] = []
  @Flag(
    help: "Go on from what an earlier run left in --out: finished runs are read, others resumed.")
  var resume = false
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    guard !resume || common.out != nil else { throw ValidationError("--resume needs --out.") }
    let parsed =
      try (methods ?? "").split(separator: ",").map { try MethodChoices(parsing: String($0)) }
      + choices.map { try MethodChoices(file: $0) }
    guard !parsed.isEmpty else {
      throw ValidationError("compare needs a method in --methods or --choices.")
    }
    let sets = try ([data.data] + alsoData).map { try data.read($0) }
    let model = try model.load()
    var writer = try RunWriter(
      self, common, model, resumes: resume, writing: ["comparison.md"])
    let progress = FineTuningProgress()
    var comparisons: [MethodComparison] = []
    for read in sets {
      let fitted = try data.fitted(read, to: model)
      var set = fitted.data
      try data.tellLabels(set, model)
      Output.note("\(set.task.name): \(set.train.count) to train on, \(set.test.count) to measure")
      let experiments = try parsed.map { chosen in
        (
          chosen.description,
          try FineTuningExperiment(chosen, method, training, self.data, model, set, common)
        )
      }
      let kept = try data.fitted(
        read, to: model, for: experiments.map(\.1), without: fitted)
      kept.count.tell()
      kept.count.add(to: &writer.settings)
      set = kept.data
      writer.settings["methods"] = .array(
        try experiments.map { try $0.1.effectiveSettings(for: model) })
      comparisons.append(
        try MethodComparison(
          experiments, on: set, model: model,
          seeds: (0..<seeds).map { common.seed &+ UInt64($0) },
          folder: { method, seed in
            writer.folder?.appending(components: set.task.name, method, "seed-\(seed)")
          }, resumes: resume, interruption: Interruption.training,
          store: storeOptions.store(), progress: progress.show))
    }
    let results = MethodComparisons(comparisons)
    let tables = results.tables.map { $0.markdown + "\n" }.joined(separator: "\n")
    writer.files["comparison.md"] = Data(tables.utf8)
    try writer.finish(RunResults(results)) {
      for table in results.tables { Output.print(table.aligned + "\n") }
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

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
  var methods: String
  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Method") var choices: MethodOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @Option(help: ArgumentHelp("How many seeds, from --seed on.", valueName: "n")) var seeds = 3
  @Option(
    name: .customLong("also-data"),
    help: ArgumentHelp("A further data set, compared in the same way.", valueName: "path"))
  var furtherData: [String] = []
  @Flag(help: "Go on from the states that an earlier run left in --out.") var resume = false
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    guard seeds >= 1 else { throw ValidationError("--seeds must be at least 1.") }
    guard !resume || common.out != nil else { throw ValidationError("--resume needs --out.") }
    let parsed = try methods.split(separator: ",").map { try NamedChoices(parsing: String($0)) }
    guard !parsed.isEmpty else { throw ValidationError("--methods names no method.") }
    let sets = try ([data.data] + furtherData).map { try data.read($0) }
    let model = try model.load()
    let writer = try RunWriter("compare", common, model)
    let progress = FineTuningProgress()
    var comparisons: [MethodComparison] = []
    for set in sets {
      Output.note("\(set.task.name): \(set.train.count) to train on, \(set.test.count) to measure")
      let experiments = try parsed.map { named in
        (named.name, try experiment(named, model, set))
      }
      comparisons.append(
        try MethodComparison(
          experiments, on: set, model: model,
          seeds: (0..<seeds).map { common.seed &+ UInt64($0) },
          folder: { method, seed in
            writer.folder?.appending(components: set.task.name, method, "seed-\(seed)")
          }, resumes: resume, store: storeOptions.store(), progress: progress.show))
    }
    try writer.write(writer.record(RunRecord.Results(comparisons: comparisons))) { folder in
      let url = folder.appending(component: "comparison.md")
      let tables = comparisons.map(\.markdown).joined(separator: "\n")
      try Data(tables.utf8).write(to: url, options: .atomic)
      return [url]
    }
    if common.json { return try Output.print(json: comparisons) }
    for comparison in comparisons {
      Output.print(Output.table(comparison.lines, header: comparison.header))
      Output.print("")
    }
  }

  private func experiment(
    _ named: NamedChoices, _ model: LanguageModel, _ data: FineTuningData
  ) throws -> FineTuningExperiment {
    var configuration = try choices.configuration(named.method)
    var settings = training.settings(seed: common.seed)
    try named.apply(to: &configuration, &settings)
    var experiment = FineTuningExperiment(configuration, settings: settings)
    experiment.inputs = try choices.inputs(configuration, model, data)
    (experiment.mode, experiment.keepsBest) = (self.data.answers, training.best)
    return experiment
  }
}

/// A method with choices of its own: `loreft:rank=8:rate=4e-3`.
struct NamedChoices {
  /// As the user wrote it.
  let name: String
  let method: String
  private let choices: [(key: String, value: String)]

  init(parsing text: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    (name, method) = (text, parts[0])
    choices = try parts.dropFirst().map { part in
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2 else {
        throw ValidationError("--methods: expected choice=value, got \(part)")
      }
      return (pair[0], pair[1])
    }
  }

  func apply(
    to configuration: inout AdapterConfiguration, _ settings: inout FineTuningSettings
  ) throws {
    for (key, value) in choices {
      if key == "rate" {
        guard let rate = Double(value) else {
          throw ValidationError("--methods: rate=\(value) can't be read")
        }
        settings.learningRate = rate
      } else if let choice = AdapterChoice(rawValue: key), choice != .subspace {
        try configuration.set(choice, to: value)
      } else {
        let known = AdapterChoice.allCases.filter { $0 != .subspace }.map(\.rawValue)
        throw ValidationError(
          "--methods: expected rate, \(known.joined(separator: ", ")), got \(key)")
      }
    }
  }
}

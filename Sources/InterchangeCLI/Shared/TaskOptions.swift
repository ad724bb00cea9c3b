import ArgumentParser
import Interchange

/// The task whose pairs an experiment uses.
struct TaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "\(BuiltInTasks.forLanguageModels.map(\.name).joined(separator: ", ")).", valueName: "name"))
  var task = "agreement"

  @Option(
    help: ArgumentHelp(
      "What the interchange changes; the task's usual variable by default.", valueName: "name"))
  var variable: String?

  @Option(.counts(from: 8), "Pairs in all, train and test.") var pairs = 512

  func data(for model: LanguageModel, store: ActivationStore, seed: UInt64) throws -> TaskData {
    try TaskData(
      task: task, variable: variable, count: pairs, for: model, store: store, seed: seed)
  }
}

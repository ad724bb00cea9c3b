import ArgumentParser
import Interchange

/// The pairs that an experiment uses.
struct TaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "\(BuiltInTasks.forLanguageModels.map(\.name).joined(separator: ", ")), or a file: pairs"
        + " (.jsonl, .csv), a question (.yaml, .json), a published set.", valueName: "name"))
  var task = "agreement"

  @Option(
    help: ArgumentHelp(
      "What the interchange changes; the task's usual variable by default.", valueName: "name"))
  var variable: String?

  @Option(.counts(from: 8), "Pairs in all, train and test; by default the file's, or 512.")
  var pairs: Int?

  /// The pairs, encoded and checked; what a user should know of them is told.
  ///
  /// - Parameters:
  ///   - positions: the places that are swapped, where they are known
  ///   - sourcePositions: the places that are read in the sources, where they aren't the base's
  func data(
    for model: LanguageModel, store: ActivationStore, seed: UInt64, positions: Positions? = nil,
    sourcePositions: Positions? = nil
  ) throws -> TaskData {
    let data = try TaskData(
      task, changing: variable, count: pairs, positions: positions,
      sourcePositions: sourcePositions, for: model, store: store, seed: seed)
    for note in data.notes { Output.note("note: \(note)") }
    return data
  }
}

import ArgumentParser
import Foundation
import Interchange

/// `interchange finetune`: train one method on prompts and completions.
struct FinetuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune", abstract: "Train an adapter on prompts and completions.",
    discussion: """
      --data is a file of instructions (.json), of prompts and completions (.jsonl, .csv) or of labelled \
      texts (.tsv), or a folder with such a file for each part. A folder's test part is measured at the end.
      A run that was stopped goes on with --resume, and ends in the numbers that it would have had. One that \
      came to its end goes on when --epochs or --steps ask for more: further steps follow at the rates of the \
      longer schedule. All other settings must be the same.

      Methods, with what each chooses where nothing is said, and what it takes:
      \(MethodOptions.discussion)
      """)

  @OptionGroup var model: ModelArgument
  @Option(
    help: ArgumentHelp(
      AdapterConfiguration.methodNames.joined(separator: ", ") + ".", valueName: "name"))
  var method = "loreft"
  @Option(
    help: ArgumentHelp(
      "A method with its choices, as `tune` wrote them, instead of --method.", valueName: "file"))
  var choices: String?
  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Method") var methodOptions: MethodOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @Option(.counts(from: 1, to: 10_000), "How many seeds, from --seed on.") var seeds = 1
  @Flag(help: "Go on from the state that an earlier run left in --out.") var resume = false
  @Option(.count, "Steps between two states on disk; by default 30 s.") var saveEvery: Int?
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    guard !resume || common.out != nil else { throw ValidationError("--resume needs --out.") }
    let read = try data.read()
    let model = try model.load()
    let fitted = try self.data.fitted(read, to: model)
    try self.data.tellLabels(fitted.data, model)
    var writer = try RunWriter(
      self, common, model, resumes: resume, writing: MethodComparison.fileNames)
    let chosen = try choices.map { try MethodChoices(file: $0) }
    let method = chosen?.method ?? method
    let experiment = try FineTuningExperiment(
      chosen ?? MethodChoices(method), methodOptions, training, self.data, model,
      fitted.data, common)
    let kept = try self.data.fitted(read, to: model, for: [experiment], without: fitted)
    kept.count.tell()
    kept.count.add(to: &writer.settings)
    let data = kept.data
    try writer.set(experiment.effectiveSettings(for: model))
    try describe(experiment, model, data)
    if common.out == nil {
      Output.note("note: without --out nothing is kept, neither the adapter nor its record")
    }
    let progress = FineTuningProgress()
    let comparison = try MethodComparison(
      [(method, experiment)], on: data, model: model,
      seeds: (0..<seeds).map { common.seed &+ UInt64($0) },
      folder: { _, seed in
        writer.folder.map { seeds == 1 ? $0 : $0.appending(component: "seed-\(seed)") }
      }, resumes: resume, saveInterval: saveEvery, interruption: Interruption.training,
      store: storeOptions.store(), progress: progress.show)
    try writer.finish(RunResults(MethodComparisons([comparison]))) { report(comparison) }
  }

  /// Tells the sizes and the memory of a training before it begins.
  private func describe(
    _ experiment: FineTuningExperiment, _ model: LanguageModel, _ data: FineTuningData
  ) throws {
    let adapted = try experiment.adapted(model, for: data, seed: common.seed)
    let tokens = try experiment.evaluator(data).tokenized(data.train, by: adapted)
    let memory = try TrainingMemory(training: adapted, on: tokens, experiment.settings)
    func mebibytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 0x1p20) }
    Output.note(
      String(
        format: "%d trainable parameters, %.4f %% of the base", adapted.parameterCount,
        100 * adapted.parameterShare)
        + (adapted.head.map { ", and a head of \($0.parameterCount)" } ?? ""))
    Output.note(
      "\(data.train.count) examples to train on, \(data.development.count) to choose by, "
        + "\(data.test.count) to measure")
    Output.note(
      "estimated memory: weights \(mebibytes(memory.weights)) MiB, gradients "
        + "\(mebibytes(memory.gradients)), optimiser \(mebibytes(memory.optimizer)), activations "
        + "\(mebibytes(memory.activations)); in all \(mebibytes(memory.total)) MiB")
  }

  private func report(_ comparison: MethodComparison) {
    let method = comparison.methods[0]
    for run in method.seeds {
      let losses = run.history.losses
      Output.print(
        String(
          format: "seed \(run.seed): loss %.4f → %.4f in %d steps, %@; peak memory %.0f MiB",
          losses.first ?? .nan, losses.last ?? .nan, losses.count,
          run.trainingSeconds.map { String(format: "%.0f s", $0) } ?? "resumed", run.peakMiB))
    }
    guard comparison.untuned != nil else { return }
    Output.print(comparison.table)
  }
}

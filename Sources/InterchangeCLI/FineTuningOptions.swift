import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

extension AnswerMode: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension LabelHead.Pooling: ExpressibleByArgument {}
extension LabelKind: ExpressibleByArgument {}
extension LearningRateSchedule.Decay: ExpressibleByArgument {}

/// The settings of a training.
struct TrainingOptions: ParsableArguments {
  @Option(.count, "Passes over the data.") var epochs = 10
  @Option(.count, "Steps at most.") var steps: Int?
  @Option(.count, "Examples in a step.") var batch = 16
  @Option(.count, "Parts that a step's examples are run in.") var accumulation = 1
  @Flag(help: "Compute blocks again in the backward pass: much less memory, a third more time.")
  var recompute = false
  @Option(.rate, "The rate after warm-up.", valueName: "rate") var learningRate = 4e-3
  @Option(.share, "The share of steps over which the rate rises.", valueName: "share")
  var warmup = 0.1
  @Option(help: "What follows the warm-up: constant, linear or cosine.")
  var decay = LearningRateSchedule.Decay.linear
  @Option(.strength, "AdamW's weight decay.", valueName: "rate") var weightDecay = 0.0
  @Option(.positive, "The largest norm of a gradient.", valueName: "norm") var clip: Double?
  @Option(
    .strength, "NEFTune: uniform noise of ±α/√(L·d) on the embeddings.", valueName: "α")
  var neftune: Double?
  @Option(.count, "Steps between development measures; by default an epoch.")
  var evaluateEvery: Int?
  @Option(.count, "Measures without a better one before stopping.") var patience: Int?
  @Flag(inversion: .prefixedNo, help: "Learn the token that ends a completion.")
  var learnEnd = true
  @Flag(inversion: .prefixedNo, help: "Keep the parameters of the best development loss.")
  var best = true

  func settings(seed: UInt64) -> FineTuningSettings {
    var settings = FineTuningSettings()
    (settings.epochs, settings.maximumSteps, settings.batchSize) = (epochs, steps, batch)
    (settings.accumulation, settings.learningRate) = (accumulation, learningRate)
    (settings.warmup, settings.decay, settings.weightDecay) = (warmup, decay, weightDecay)
    (settings.gradientClip, settings.evaluationInterval) = (clip, evaluateEvery)
    (settings.embeddingNoise, settings.recomputesBlocks) = (neftune, recompute)
    (settings.patience, settings.endsCompletion, settings.seed) = (patience, learnEnd, seed)
    return settings
  }
}

/// A data set and how it is cut.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A .json, .jsonl, .csv or .tsv file, or a folder with a file for each part.",
      valueName: "path"))
  var data: String
  @Option(help: ArgumentHelp("A file to measure on; the folder's test part.", valueName: "path"))
  var test: String?
  @Option(
    help: ArgumentHelp(
      "verbatim, plain, alpaca, chat, or a text with {instruction} and {input}; the task's own.",
      valueName: "name"))
  var template: String?
  @Option(.count, "Training examples at most, a fixed choice.") var trainLimit: Int?
  @Option(.count, "Test examples at most, a fixed choice.") var testLimit: Int?
  @Option(.part, "The share of training examples to choose by.", valueName: "share")
  var developmentShare = 0.1
  @Option(
    .part, "The share of a single file to measure on, when there is no other file.",
    valueName: "share")
  var testShare = 0.0
  @Flag(help: "Leave out training examples whose completion doesn't end in the right answer.")
  var onlyConsistent = false
  @Option(
    help: """
      How answers are found: generate (written), choose (the likeliest choice), label (a head's; an \
      encoder's only way), or loss (not at all; the loss is measured).
      """)
  var answers: AnswerMode?
  @Option(help: "What a new head reads: first, mean or last; the model's usual vector.")
  var pooling: LabelHead.Pooling?
  @Option(
    help: """
      What texts are labelled with: classes or numbers. By default numbers where one has a decimal \
      point, or where there are more than 100 different ones.
      """)
  var labels: LabelKind?
  @OptionGroup var longTexts: LongTextOptions

  func apply(to experiment: inout FineTuningExperiment, _ model: LanguageModel) {
    experiment.mode = answers ?? .standard(for: model.network)
    experiment.pooling = pooling
  }

  func read() throws -> FineTuningData {
    try read(data)
  }

  /// Data as far as a model reads them.
  ///
  /// - Parameter reserved: positions that soft tokens take
  func fitted(
    _ data: FineTuningData, to model: LanguageModel, reserving reserved: Int = 0
  ) throws -> FittedData {
    let evaluator = Evaluator(data.task, mode: answers ?? .standard(for: model.network))
    var count = LongTextCount()
    let fitted = try data.map {
      try longTexts.fitted(
        $0, to: model, by: evaluator, reserving: reserved, counting: &count)
    }
    return FittedData(data: fitted, count: count)
  }

  /// Data as far as a model reads them after the soft tokens of experiments, which were made with
  /// what it reads without.
  func fitted(
    _ data: FineTuningData, to model: LanguageModel, for experiments: [FineTuningExperiment],
    without fitted: FittedData
  ) throws -> FittedData {
    guard longTexts.isChosen else { return fitted }
    let reserved = try experiments.reduce(0) {
      max($0, try $1.adapted(model, for: fitted.data, seed: 0).virtualTokens)
    }
    return reserved == 0 ? fitted : try self.fitted(data, to: model, reserving: reserved)
  }

  /// Tells what a head is to learn, before it does.
  func tellLabels(_ data: FineTuningData, _ model: LanguageModel) throws {
    guard answers ?? .standard(for: model.network) == .label else { return }
    Output.note("labels: " + (try LabelSet(of: data.train).summary(of: data.train)))
  }

  func read(_ path: String) throws -> FineTuningData {
    var options = FineTuningData.Options()
    options.template = try template.map { try PromptTemplate(named: $0) }
    (options.trainLimit, options.testLimit) = (trainLimit, testLimit)
    (options.developmentShare, options.onlyConsistent) = (developmentShare, onlyConsistent)
    (options.testShare, options.labels) = (testShare, labels)
    return try FineTuningData(path, testPath: test, options: options)
  }
}

/// Data as far as a model reads them.
struct FittedData {
  let data: FineTuningData
  let count: LongTextCount
}

extension MethodChoices {
  /// The choices in a file that a user names.
  init(file: String) throws {
    let url = URL(userPath: file)
    try self.init(contentsOf: url.isFolder ? url.appending(component: "choices.json") : url)
  }
}

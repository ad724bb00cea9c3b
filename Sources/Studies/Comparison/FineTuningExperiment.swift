import Foundation
import InterchangeFineTuning
import InterchangeModels

/// One way to adapt a model to a data set, with everything that decides its outcome but the seed.
public struct FineTuningExperiment {
  public var configuration: AdapterConfiguration
  public var settings: FineTuningSettings
  public var inputs = AdapterInputs()
  /// The way in which answers are found in the development and the final measure. With
  /// `AnswerMode/label` a head is trained with the adapter, unless the checkpoint has one of its
  /// own for these labels.
  public var mode = AnswerMode.generate
  /// The vector that a new head reads; the model's usual vector when nil.
  public var pooling: LabelHead.Pooling?
  /// Tells whether the parameters of the best development loss are kept; the last ones otherwise.
  public var keepsBest = true

  public init(_ configuration: AdapterConfiguration, settings: FineTuningSettings) {
    (self.configuration, self.settings) = (configuration, settings)
  }

  /// The places that a run needs beside the experiment.
  public struct Place {
    /// The folder of state, log and adapter; nil keeps none.
    public var folder: TrainingFolder?
    public var store: ActivationStore

    public init(folder: TrainingFolder? = nil, store: ActivationStore = ActivationStore()) {
      (self.folder, self.store) = (folder, store)
    }
  }

  /// A model with an untrained adapter, and with an untrained head where labels are to be said.
  ///
  /// - Throws: an error naming the choice that doesn't fit.
  public func adapted(
    _ model: LanguageModel, for data: FineTuningData, seed: UInt64
  ) throws -> AdaptedModel {
    let adapter = try configuration.makeAdapter(for: model, seed: seed, inputs: inputs)
    guard mode == .label else {
      guard !adapter.parameters.isEmpty else {
        throw FineTuningError.invalidSetting(
          name: "method", expected: "one that trains something where no head is trained",
          found: configuration.method)
      }
      return try AdaptedModel(model, adapters: [adapter])
    }
    let labels = try LabelSet(of: data.train)
    try labels.requireExamples(data.train)
    let own = try AdaptedModel(model, adapters: [adapter])
    if own.labels?.covers(labels) == true { return own }
    return try AdaptedModel(
      model,
      adapters: [adapter, LabelHead(labels, for: model.network, pooling: pooling, seed: seed)])
  }

  /// The measure of the experiment's models.
  public func evaluator(_ data: FineTuningData) -> Evaluator {
    var evaluator = Evaluator(data.task, mode: mode)
    evaluator.endsCompletion = settings.endsCompletion
    return evaluator
  }

  /// Trains with one seed, and measures on the test examples where there are any.
  ///
  /// - Throws: `FineTuningError`, `ModelError` or `InterventionError` naming what doesn't fit.
  public func run(
    _ model: LanguageModel, on data: FineTuningData, seed: UInt64, place: Place = Place(),
    progress: (FineTuner.Progress) -> Void = { _ in }
  ) throws -> (adapted: AdaptedModel, run: SeedRun) {
    let start = Date()
    StepClock.resetPeakMemory()
    let adapted = try adapted(model, for: data, seed: seed)
    let evaluator = evaluator(data)
    var settings = settings
    settings.seed = seed
    let tuner = FineTuner(settings: settings)
    let tokens = try evaluator.tokenized(data.train, by: adapted)
    let memory = try TrainingMemory(training: adapted, on: tokens, settings)
    let developmentTokens = try evaluator.tokenized(data.development, by: adapted)
    let isMeasured = keepsBest && !developmentTokens.isEmpty
    var taken = 0
    let history = try tuner.train(
      adapted, onTokens: tokens,
      development: isMeasured
        ? .loss { try tuner.loss($0, onTokens: developmentTokens) } : nil,
      folder: place.folder, store: place.store
    ) {
      taken += 1
      progress($0)
    }
    let trained = Date()
    let test = data.test.isEmpty ? nil : try evaluator.evaluate(adapted, on: data.test).result
    return (
      adapted,
      SeedRun(
        seed: seed, history: history, test: test, memory: memory,
        trainingSeconds: taken == history.losses.count
          ? trained.timeIntervalSince(start) : nil,
        peakMiB: StepClock.peakMemory)
    )
  }
}

/// One seed's outcome.
public struct SeedRun: Codable, Sendable {
  public let seed: UInt64
  public let history: TrainingHistory
  public let test: EvaluationResult?
  /// As estimated before the run.
  public let memory: TrainingMemory
  /// Of all its steps; nil for a run that was resumed, whose earlier parts are not known.
  public let trainingSeconds: Double?
  /// The program's largest memory during this run, as measured.
  public let peakMiB: Double
}

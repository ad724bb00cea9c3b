import Foundation
import InterchangeDatasets
import InterchangeModels
import InterchangeTensors

/// Trains an adapted model on prompt → completion pairs: the mean cross-entropy of the completion's
/// tokens; or on labelled texts: that of the labels, or the mean squared error of a number.
///
/// The base model is frozen, so each step computes only what the adapters can change.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// var configuration = AdapterConfiguration(method: "loreft")
/// configuration.rank = 4
/// let adapter = try configuration.makeAdapter(for: model, seed: 0)
/// let adapted = try AdaptedModel(model, adapters: [adapter])
/// let history = try FineTuner().train(
///   adapted, on: [PromptCompletion(prompt: "How are you?", completion: " 🙂")])
/// print(adapted.parameterCount, history.losses.last!)
/// ```
public struct FineTuner: Sendable {
  public var settings: FineTuningSettings

  public init(settings: FineTuningSettings = FineTuningSettings()) {
    self.settings = settings
  }

  /// The state of a training run after a step.
  public struct Progress: Sendable {
    public let step: Int
    public let steps: Int
    public let loss: Double
    public let learningRate: Double
    /// The last measurement on the development examples.
    public let development: Double?
  }

  /// The measure that decides which parameters are kept: taken every so often, the best counts.
  public struct Development {
    let isLoss: Bool
    /// The measure of a model.
    public let value: (AdaptedModel) throws -> Double

    /// A measure, of which a larger value is better.
    public static func score(_ measure: @escaping (AdaptedModel) throws -> Double) -> Development {
      Development(isLoss: false, value: measure)
    }

    /// A measure, of which a smaller value is better.
    public static func loss(_ measure: @escaping (AdaptedModel) throws -> Double) -> Development {
      Development(isLoss: true, value: measure)
    }

    func isBetter(_ value: Double, than best: Double) -> Bool {
      isLoss ? value < best : value > best
    }
  }

  /// Trains in place.
  ///
  /// - Throws: as ``train(_:onTokens:development:folder:store:progress:)``.
  @discardableResult
  public func train(
    _ adapted: AdaptedModel, on pairs: [PromptCompletion], development: Development? = nil,
    folder: TrainingFolder? = nil, store: ActivationStore = ActivationStore(),
    progress: (Progress) -> Void = { _ in }
  ) throws -> TrainingHistory {
    try train(
      adapted,
      onTokens: adapted.base.tokenized(pairs, endsCompletion: settings.endsCompletion),
      development: development, folder: folder, store: store, progress: progress)
  }

  /// Trains in place on tokens. With development examples the model has the best parameters at the
  /// end, otherwise the last.
  ///
  /// - Parameters:
  ///   - development: what is measured every so often, for early stopping and the best parameters
  ///   - folder: where the run's state and log are kept, so that it can be resumed
  /// - Throws: ``FineTuningError`` when there is nothing to train on, the loss is no longer a
  ///   number, or the folder has the state of another run; `ModelError` for a prompt that doesn't
  ///   fit.
  @discardableResult
  public func train(
    _ adapted: AdaptedModel, onTokens examples: [TokenizedExample],
    development: Development? = nil, folder: TrainingFolder? = nil,
    store: ActivationStore = ActivationStore(), progress: (Progress) -> Void = { _ in }
  ) throws -> TrainingHistory {
    try settings.validate()
    guard !examples.isEmpty else { throw FineTuningError.noExamples }
    var run = try TrainingRun(
      settings, adapted, examples, development: development, folder: folder, store: store)
    func finish() throws -> TrainingHistory {
      while !run.isDone {
        try run.step()
        progress(run.progress)
        if folder?.interruption?.isRequested == true, !run.isDone {
          try run.write()
          throw FineTuningError.interrupted(step: run.progress.step)
        }
      }
      return try run.finish()
    }
    return try folder?.interruption?.during(finish) ?? finish()
  }

  /// The mean cross-entropy of the completions' tokens, without training.
  ///
  /// - Throws: as ``train(_:on:development:folder:store:progress:)``.
  public func loss(
    _ adapted: AdaptedModel, on pairs: [PromptCompletion],
    store: ActivationStore = ActivationStore()
  ) throws -> Double {
    try loss(
      adapted,
      onTokens: adapted.base.tokenized(pairs, endsCompletion: settings.endsCompletion),
      store: store)
  }

  /// The mean cross-entropy of the completions' tokens, without training.
  ///
  /// - Throws: as ``train(_:onTokens:development:folder:store:progress:)``.
  public func loss(
    _ adapted: AdaptedModel, onTokens examples: [TokenizedExample],
    store: ActivationStore = ActivationStore()
  ) throws -> Double {
    try settings.validate()
    var (total, count) = (0.0, 0)
    for start in stride(from: 0, to: examples.count, by: settings.batchSize) {
      let batch = Array(examples[start..<min(start + settings.batchSize, examples.count)])
      let weight = batch.reduce(0) { $0 + $1.weight }
      let mean = Double(try adapted.loss(batch, store: store).scalar)
      guard mean.isFinite else { throw try notFinite(adapted, batch, start, store) }
      total += mean * Double(weight)
      count += weight
    }
    guard count > 0 else { throw FineTuningError.noExamples }
    return total / Double(count)
  }

  /// The error of a batch whose loss is no number: names its first such example.
  private func notFinite(
    _ adapted: AdaptedModel, _ batch: [TokenizedExample], _ first: Int, _ store: ActivationStore
  ) throws -> FineTuningError {
    let index = try batch.firstIndex {
      try !adapted.loss([$0], store: store).scalar.isFinite
    }
    guard let index else {
      return .notFinite(what: "the loss", place: "examples \(first) and after")
    }
    // The logits say more of where it begins.
    var place = "example \(first + index)"
    do { _ = try adapted.lastLogits([batch[index].tokens]) } catch { place += ": \(error)" }
    return .notFinite(what: "the loss", place: place)
  }
}

extension AdaptedModel {
  /// The mean loss of a batch's completion tokens or labels, as a scalar.
  func loss(
    _ batch: [TokenizedExample], noise: TrainingNoise? = nil, recomputesBlocks: Bool = false,
    store: ActivationStore
  ) throws -> Tensor {
    // The members of an ensemble have losses of their own, whose gradients don't meet.
    let (batch, members) = forMembers(batch)
    if batch[0].label != nil {
      return labelLoss(
        batch,
        outputs: try labelOutputs(
          batch, members: members, noise: noise, recomputesBlocks: recomputesBlocks, store: store))
    }
    var request = request(batch)
    request.recomputesBlocks = recomputesBlocks
    noise?.disturb(&request, base.network)
    try contribute(
      to: &request, promptLengths: batch.map(\.promptLength), members: members, noise: noise)
    return try base.run(request, store: store).loss!
  }

  /// Shows a batch of the training's examples to the adapters that keep something of them.
  func observe(_ batch: [TokenizedExample], store: ActivationStore) throws {
    let (batch, members) = forMembers(batch)
    var request = request(batch)
    // Of one stack no more than the edited rows is computed; an encoder runs for outputs alone.
    if base.architecture.stacks == nil {
      (request.logits, request.targets, request.captures) = (nil, nil, [])
    }
    try contribute(
      to: &request, promptLengths: batch.map(\.promptLength), members: members, observes: true)
    _ = try base.run(request, store: store)
  }

  /// The run that measures a batch, without the adapters.
  func request(_ batch: [TokenizedExample]) -> Request {
    guard batch[0].label == nil else { return labelRequest(batch) }
    var request = Request(batch.map(\.input), logits: batch.map(\.measured))
    request.targets = batch.flatMap(\.targets)
    return request
  }
}

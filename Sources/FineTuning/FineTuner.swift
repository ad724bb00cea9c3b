import Interventions
import Models
import Tensors

/// A prompt and what should follow it.
public struct PromptCompletion: Codable, Sendable, Equatable {
  public var prompt: String
  public var completion: String

  public init(prompt: String, completion: String) {
    (self.prompt, self.completion) = (prompt, completion)
  }
}

/// A prompt and its completion as a model reads them.
public struct TokenizedExample: Sendable, Equatable {
  /// The prompt's tokens, then the completion's.
  public let tokens: [Int]
  /// How many of them are the prompt's.
  public let promptLength: Int

  /// Both parts have at least one token.
  public init(tokens: [Int], promptLength: Int) {
    precondition(
      (1..<max(1, tokens.count)).contains(promptLength),
      "TokenizedExample: a prompt of \(promptLength) of \(tokens.count) tokens")
    (self.tokens, self.promptLength) = (tokens, promptLength)
  }

  /// The positions whose next token is part of the completion.
  var measured: [Int] { Array(promptLength - 1..<tokens.count - 1) }
  var targets: [Int] { Array(tokens[promptLength...]) }
}

/// How a fine-tuning is trained.
public struct FineTuningSettings: Codable, Sendable, Equatable {
  public var epochs = 10
  public var batchSize = 16
  public var learningRate = 4e-3
  /// The share of all steps over which the rate rises.
  public var warmup = 0.1
  public var decay = LearningRateSchedule.Decay.linear
  public var weightDecay = 0.0
  /// Whether the end-of-sequence token is learned after the completion.
  public var endsCompletion = false
  public var seed: UInt64 = 0

  public init() {}

  func validate() throws {
    func require(_ holds: Bool, _ name: String, _ expected: String, _ found: some Any) throws {
      if !holds {
        throw FineTuningError.invalidSetting(name: name, expected: expected, found: "\(found)")
      }
    }
    try require(epochs >= 1, "epochs", "at least 1", epochs)
    try require(batchSize >= 1, "batch size", "at least 1", batchSize)
    try require(
      learningRate > 0 && learningRate.isFinite, "learning rate", "a number above 0", learningRate)
    try require((0...1).contains(warmup), "warm-up", "0 to 1", warmup)
    try require(
      weightDecay >= 0 && weightDecay.isFinite, "weight decay", "0 or more", weightDecay)
  }
}

/// Trains an adapted model on prompt → completion pairs: the mean cross-entropy of the completion's
/// tokens. The base model is frozen, so each step computes only what the interventions can change.
public struct FineTuner: Sendable {
  public var settings: FineTuningSettings

  public init(settings: FineTuningSettings = FineTuningSettings()) {
    self.settings = settings
  }

  /// What a training run tells after every step.
  public struct Progress: Sendable {
    public let step: Int
    public let steps: Int
    public let loss: Double
    public let learningRate: Double
  }

  /// Trains in place and returns the loss of every step.
  ///
  /// - Throws: ``FineTuningError`` when there is nothing to train on or the loss diverges,
  ///   ``ModelError`` for a prompt that doesn't fit.
  @discardableResult
  public func train(
    _ adapted: AdaptedModel, on pairs: [PromptCompletion],
    store: ActivationStore = ActivationStore(), progress: (Progress) -> Void = { _ in }
  ) throws -> [Double] {
    try train(adapted, onTokens: encode(pairs, adapted.base), store: store, progress: progress)
  }

  /// Trains in place on tokens and returns the loss of every step.
  ///
  /// - Throws: ``FineTuningError`` when there is nothing to train on or the loss diverges,
  ///   ``ModelError`` for a prompt that doesn't fit.
  @discardableResult
  public func train(
    _ adapted: AdaptedModel, onTokens examples: [TokenizedExample],
    store: ActivationStore = ActivationStore(), progress: (Progress) -> Void = { _ in }
  ) throws -> [Double] {
    try settings.validate()
    guard !examples.isEmpty else { throw FineTuningError.noExamples }
    let interventions = adapted.interventions.map(\.intervention)
    let optimizer = AdamW(
      adapted.parameters, orthonormal: interventions.flatMap(\.orthonormalParameters),
      weightDecay: settings.weightDecay)
    let stepsPerEpoch = (examples.count + settings.batchSize - 1) / settings.batchSize
    let steps = settings.epochs * stepsPerEpoch
    let schedule = LearningRateSchedule(
      peak: settings.learningRate, warmupSteps: Int(Double(steps) * settings.warmup),
      totalSteps: steps, decay: settings.decay)
    var generator = RandomGenerator(seed: settings.seed)
    var losses: [Double] = []
    for _ in 0..<settings.epochs {
      let order = examples.shuffled(using: &generator)
      for start in stride(from: 0, to: order.count, by: settings.batchSize) {
        let batch = Array(order[start..<min(start + settings.batchSize, order.count)])
        let loss = try loss(adapted, batch, store)
        guard loss.scalar.isFinite else { throw FineTuningError.diverged(step: losses.count) }
        loss.backward()
        let rate = schedule.rate(at: losses.count)
        try optimizer.step(learningRate: rate)
        losses.append(Double(loss.scalar))
        progress(
          Progress(
            step: losses.count, steps: steps, loss: Double(loss.scalar), learningRate: rate))
      }
    }
    return losses
  }

  /// The mean cross-entropy of the completions' tokens, without training.
  ///
  /// - Throws: as ``train(_:on:store:progress:)``.
  public func loss(
    _ adapted: AdaptedModel, on pairs: [PromptCompletion],
    store: ActivationStore = ActivationStore()
  ) throws -> Double {
    try settings.validate()
    let examples = try encode(pairs, adapted.base)
    var (total, count) = (0.0, 0)
    for start in stride(from: 0, to: examples.count, by: settings.batchSize) {
      let batch = Array(examples[start..<min(start + settings.batchSize, examples.count)])
      let tokens = batch.reduce(0) { $0 + $1.targets.count }
      total += Double(try loss(adapted, batch, store).scalar) * Double(tokens)
      count += tokens
    }
    guard count > 0 else { throw FineTuningError.noExamples }
    return total / Double(count)
  }

  private func encode(
    _ pairs: [PromptCompletion], _ base: LanguageModel
  ) throws -> [TokenizedExample] {
    try pairs.enumerated().map { index, pair in
      let prompt = base.tokenizer.encode(pair.prompt)
      var completion = base.tokenizer.encode(pair.completion, addingSpecialTokens: false)
      if settings.endsCompletion, let end = base.tokenizer.endOfSequence { completion.append(end) }
      guard !prompt.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "prompt")
      }
      guard !completion.isEmpty else {
        throw FineTuningError.emptyText(example: index, part: "completion")
      }
      return TokenizedExample(tokens: prompt + completion, promptLength: prompt.count)
    }
  }

  private func loss(
    _ adapted: AdaptedModel, _ batch: [TokenizedExample], _ store: ActivationStore
  ) throws -> Tensor {
    var request = Request(
      batch.map { .tokens($0.tokens) },
      edits: try adapted.edits(promptLengths: batch.map(\.promptLength)))
    request.logits = batch.map(\.measured)
    request.targets = batch.flatMap(\.targets)
    return try adapted.base.model.run(request, store: store).loss!
  }
}

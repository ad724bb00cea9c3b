import InterchangeBasics
import InterchangeTensors

/// The settings of a training.
public struct FineTuningSettings: Codable, Sendable, Equatable {
  public var epochs = 10
  /// Optimiser steps at most; the schedule is laid out for them. All epochs when nil.
  public var maximumSteps: Int?
  /// Examples in an optimiser step.
  public var batchSize = 16
  /// The number of parts that a step's examples are run in, one after another: less memory, the
  /// same gradient.
  public var accumulation = 1
  public var learningRate = 4e-3
  /// The share of all steps over which the rate rises.
  public var warmup = 0.1
  public var decay = LearningRateSchedule.Decay.linear
  public var weightDecay = 0.0
  /// The largest norm of the gradient; larger ones are scaled down. nil never does.
  public var gradientClip: Double?
  /// NEFTune's α (arXiv 2310.05914): uniform noise in ±α/√(L·d) is added to the embeddings of a
  /// sequence of L tokens, fresh every step and never outside training. nil adds none.
  public var embeddingNoise: Double?
  /// True where blocks are computed a second time in the backward pass instead of being kept: much
  /// less memory for about a third more time, and the same numbers.
  public var recomputesBlocks = false
  /// Steps between evaluations on the development examples; once an epoch when nil.
  public var evaluationInterval: Int?
  /// Evaluations without a better one after which training stops; never when nil.
  public var patience: Int?
  /// True where the end-of-sequence token is learned after the completion.
  public var endsCompletion = false
  public var seed: UInt64 = 0

  public init() {}

  func validate() throws {
    let check = SettingCheck(error: FineTuningError.invalidSetting)
    try check(epochs >= 1, "epochs", "at least 1", epochs)
    try check(maximumSteps ?? 1 >= 1, "steps", "at least 1", maximumSteps ?? 1)
    try check(batchSize >= 1, "batch size", "at least 1", batchSize)
    try check(accumulation >= 1, "accumulation", "at least 1", accumulation)
    try check(
      learningRate > 0 && learningRate.isFinite, "learning rate", "a number above 0", learningRate)
    try check((0...1).contains(warmup), "warm-up", "0 to 1", warmup)
    try check(
      weightDecay >= 0 && weightDecay.isFinite, "weight decay", "0 or more", weightDecay)
    try check(gradientClip ?? 1 > 0, "gradient clip", "above 0", gradientClip ?? 1)
    try check(
      embeddingNoise.map { $0 >= 0 && $0.isFinite } ?? true, "NEFTune's α", "0 or more",
      embeddingNoise ?? 0)
    try check(
      evaluationInterval ?? 1 >= 1, "evaluation interval", "at least 1", evaluationInterval ?? 1)
    try check(patience ?? 1 >= 1, "patience", "at least 1", patience ?? 1)
  }

  /// The steps of an epoch over so many examples.
  func stepsPerEpoch(_ examples: Int) -> Int { (examples + batchSize - 1) / batchSize }

  /// All steps over so many examples.
  func totalSteps(_ examples: Int) -> Int {
    min(maximumSteps ?? .max, epochs * stepsPerEpoch(examples))
  }

  func schedule(steps: Int) -> LearningRateSchedule {
    LearningRateSchedule(
      peak: learningRate, warmupSteps: Int(Double(steps) * warmup), totalSteps: steps, decay: decay)
  }
}

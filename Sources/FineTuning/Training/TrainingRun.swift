import Foundation
import InterchangeModels
import InterchangeTensors

/// A training run under way: takes one optimiser step at a time.
struct TrainingRun {
  private let settings: FineTuningSettings
  private let adapted: AdaptedModel
  private let examples: [TokenizedExample]
  private let development: FineTuner.Development?
  private let folder: TrainingFolder?
  private let store: ActivationStore
  private let steps: Int
  private let schedule: LearningRateSchedule
  private let log: TrainingLog
  private var state: TrainingState
  private var order: (epoch: Int, batches: [[Int]])
  private var lastWrite = Date()
  private(set) var progress: FineTuner.Progress

  init(
    _ settings: FineTuningSettings, _ adapted: AdaptedModel, _ examples: [TokenizedExample],
    development: FineTuner.Development?, folder: TrainingFolder?, store: ActivationStore
  ) throws {
    (self.settings, self.adapted, self.examples) = (settings, adapted, examples)
    (self.development, self.folder, self.store) = (development, folder, store)
    steps = settings.totalSteps(examples.count)
    schedule = settings.schedule(steps: steps)
    let parameters = adapted.parameters
    state = TrainingState(
      identity: TrainingState.Identity(
        settings: settings, base: folder == nil ? "" : try adapted.base.identity(),
        method: adapted.adapters.map(\.method).joined(separator: ", "),
        data: folder == nil ? "" : examples.identity, parameters: parameters.map(\.value.shape)),
      parameters: parameters,
      optimizer: AdamW(
        parameters, orthonormal: adapted.adapters.flatMap(\.orthonormalParameters),
        weightDecay: settings.weightDecay))
    if let folder {
      state.configuration = folder.configuration
      if folder.resumes { _ = try state.restore(from: folder.url, examples: examples.count) }
    }
    log = try TrainingLog(folder, after: state.step)
    order = (-1, [])
    progress = FineTuner.Progress(
      step: state.step, steps: steps, loss: state.history.losses.last ?? .nan, learningRate: 0,
      development: state.history.evaluations.last?.value)
  }

  var isDone: Bool { state.step >= steps || state.history.stoppedEarly }

  /// One optimiser step, then what is due after it: an evaluation, the state on disk.
  mutating func step() throws {
    let batch = batch(state.step)
    if state.step == 0 { try settle(isStart: true) }
    for adapter in adapted.adapters { adapter.prepare(step: state.step, of: steps) }
    let noise = TrainingNoise(
      seed: settings.seed, step: state.step, sequences: batch.count,
      embeddingNoise: settings.embeddingNoise)
    let loss = try diverging { try accumulate(batch, noise) }
    // Nothing is written of a step that went wrong, so that the last good state stays.
    guard loss.isFinite && state.parameters.allSatisfy({ $0.gradient?.isFinite ?? true }) else {
      throw FineTuningError.diverged(step: state.step)
    }
    let norm = settings.gradientClip.map { state.parameters.clipGradients(to: $0) }
    let rate = schedule.rate(at: state.step)
    try state.optimizer.step(learningRate: rate)
    guard state.parameters.allSatisfy(\.value.isFinite) else {
      throw FineTuningError.diverged(step: state.step)
    }
    state.history.losses.append(loss)
    state.history.tokens += batch.reduce(0) { $0 + $1.tokens.count }
    try log.write(step: state.step, loss: loss, learningRate: rate, gradientNorm: norm)
    try evaluateWhenDue()
    try writeWhenDue()
    progress = FineTuner.Progress(
      step: state.step, steps: steps, loss: loss, learningRate: rate,
      development: state.history.evaluations.last?.value)
  }

  /// Takes the best parameters where there are any, and writes the last state.
  mutating func finish() throws -> TrainingHistory {
    try write()
    if let best = state.best {
      for (parameter, value) in zip(state.parameters, best) { parameter.value = value }
    }
    try settle()
    return state.history
  }

  /// Writes the state, where there is a folder for it.
  func write() throws {
    if let folder { try state.write(to: folder.url) }
  }

  private mutating func batch(_ step: Int) -> [TokenizedExample] {
    let perEpoch = settings.stepsPerEpoch(examples.count)
    let epoch = step / perEpoch
    if order.epoch != epoch {
      let lengths = examples.map(\.tokens.count)
      order = (
        epoch,
        BatchOrder(
          lengths: lengths, batchSize: settings.batchSize, seed: settings.seed, epoch: epoch
        ).batches
      )
    }
    return order.batches[step % perEpoch].map { examples[$0] }
  }

  /// Gathers the gradient of a batch's mean loss, part by part.
  private func accumulate(_ batch: [TokenizedExample], _ noise: TrainingNoise) throws -> Double {
    let size = (batch.count + settings.accumulation - 1) / settings.accumulation
    let all = batch.reduce(0) { $0 + $1.weight }
    var total = 0.0
    for start in stride(from: 0, to: batch.count, by: size) {
      let part = Array(batch[start..<min(start + size, batch.count)])
      let mean = try adapted.loss(
        part, noise: noise, recomputesBlocks: settings.recomputesBlocks, store: store)
      let share = Double(part.reduce(0) { $0 + $1.weight }) / Double(all)
      guard mean.scalar.isFinite else { return .nan }
      total += share * Double(mean.scalar)
      (share == 1 ? mean : Float(share) * mean).backward()
    }
    for penalty in adapted.penalties { penalty.backward() }
    return total
  }

  /// Lets the adapters keep what they need of the examples, with the parameters as they are.
  private func settle(isStart: Bool = false) throws {
    let adapters = adapted.adapters.filter(\.observesExamples)
    guard !adapters.isEmpty else { return }
    for start in stride(from: 0, to: examples.count, by: settings.batchSize) {
      let batch = examples[start..<min(start + settings.batchSize, examples.count)]
      try diverging { try adapted.observe(Array(batch), store: store) }
    }
    for adapter in adapters { try adapter.settle(isStart: isStart) }
  }

  private mutating func evaluateWhenDue() throws {
    guard let development else { return }
    let interval = settings.evaluationInterval ?? settings.stepsPerEpoch(examples.count)
    guard state.step % interval == 0 || state.step == steps else { return }
    try settle()
    let value = try diverging { try development.value(adapted) }
    let found = Evaluation(step: state.step, value: value)
    // No number is better than one that isn't a number: it would stay the best for ever.
    guard found.value.isFinite else { throw FineTuningError.diverged(step: state.step) }
    state.history.evaluations.append(found)
    try log.write(step: state.step, development: found.value)
    guard adapted.adapters.allSatisfy(\.isComplete) else { return }
    if state.history.best.map({ development.isBetter(found.value, than: $0.value) }) ?? true {
      state.history.best = found
      state.best = state.parameters.map(\.value)
    } else if let patience = settings.patience, let best = state.history.best {
      let since = state.history.evaluations.filter { $0.step > best.step }.count
      state.history.stoppedEarly = since >= patience
    }
  }

  /// Numbers that are none, once something was learned, are the training's own doing.
  private func diverging<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch  where error.isOfNumbers && state.step > 0 {
      throw FineTuningError.diverged(step: state.step)
    }
  }

  private mutating func writeWhenDue() throws {
    guard let folder, state.step < steps else { return }
    let isDue =
      folder.interval.map { state.step % $0 == 0 } ?? (Date().timeIntervalSince(lastWrite) > 30)
    guard isDue else { return }
    try state.write(to: folder.url)
    lastWrite = Date()
  }
}

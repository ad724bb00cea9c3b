import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// Parameters that are trained at one rate.
struct TrainedGroup {
  let parameters: [Parameter]
  let orthonormal: [Parameter]
  /// The rate as a part of the fit's.
  let rateFactor: Double

  init(_ parameters: [Parameter], orthonormal: [Parameter] = [], rateFactor: Double = 1) {
    (self.parameters, self.orthonormal) = (parameters, orthonormal)
    self.rateFactor = rateFactor
  }
}

/// A swap whose numbers training changes.
protocol TrainedSwap {
  /// The trained parameters.
  var groups: [TrainedGroup] { get }
  /// Tells whether the state with the lowest validation loss is kept in the end; else the last.
  var keepsBest: Bool { get }
  /// The interventions of a step on some examples.
  func parts(of indices: [Int]) -> [PlacedSwap]
  /// The interventions by which it is judged: of frozen rotations, and with hard gates.
  func judgedParts(of indices: [Int]) -> [PlacedSwap]
  /// The term that is added to the loss of the examples; nil for nothing.
  var penalty: Tensor? { get }
  /// Gets ready for a step.
  func prepare(step: Int, of steps: Int)
}

extension TrainedSwap {
  var keepsBest: Bool { true }
  var penalty: Tensor? { nil }
  func prepare(step: Int, of steps: Int) {}

  private var parameters: [Parameter] { groups.flatMap(\.parameters) }

  /// The values of all parameters, one after the other.
  fileprivate var state: Tensor {
    parameters.count == 1
      ? parameters[0].value
      : .concatenatingRows(parameters.map { $0.value.reshaped([$0.value.count, 1]) })
  }

  /// Puts back values that ``state`` gave.
  fileprivate func restore(_ state: Tensor) {
    guard parameters.count > 1 else {
      parameters[0].value = state
      return
    }
    let values = state.elements
    var start = 0
    for parameter in parameters {
      let count = parameter.value.count
      parameter.value = Tensor(values[start..<start + count], shape: parameter.value.shape)
      start += count
    }
  }

  fileprivate var optimizers: [(optimizer: AdamW, factor: Double)] {
    groups.map { (AdamW($0.parameters, orthonormal: $0.orthonormal), $0.rateFactor) }
  }
}

/// The training of a swap on some examples: the course that its budget sets, with a validation
/// part that is only watched.
struct SwapTraining {
  let settings: AlignmentSettings
  let run: InterchangeRun
  /// The examples that may be trained on or watched.
  let indices: [Int]
  /// The highest rate.
  let rate: Double

  /// Trains a swap in place, and leaves its best or last state there.
  func callAsFunction(
    _ swap: some TrainedSwap, progress: (FitProgress) -> Void
  ) throws -> (losses: [Double], history: FitHistory) {
    var generator = RandomGenerator(seed: settings.seed ^ 0xDA5)
    let order = indices.shuffled(using: &generator)
    let held = settings.validationCount(of: order.count)
    let (validation, training) = (Array(order.prefix(held)), Array(order.dropFirst(held)))
    var course = FitCourse(settings, training: training.count, watched: held, rate: rate)
    var optimizers = swap.optimizers
    var batches = ShuffledBatches(training, of: settings.batchSize, generator)
    var (losses, checks, end) = ([Double](), [FitHistory.Check](), FitHistory.End.budget)
    if held > 0 { checks.append(try check(validation, swap, step: 0)) }
    for step in 0..<course.steps {
      swap.prepare(step: step, of: course.steps)
      let batch = batches.next()
      let data = try run.loss(swap.parts(of: batch), batch)
      let loss = swap.penalty.map { data + $0 } ?? data
      guard loss.scalar.isFinite else { throw AlignmentError.diverged(step: step) }
      loss.backward()
      for (optimizer, factor) in optimizers {
        try optimizer.step(learningRate: factor * course.rate(at: step))
      }
      losses.append(Double(loss.scalar))
      progress(batches.progress(step: losses.count, of: course.steps, loss: losses[step]))
      let isLast = step == course.steps - 1
      guard held > 0, (step + 1) % course.interval == 0 || isLast else { continue }
      checks.append(try check(validation, swap, step: step + 1))
      let decision = course.decide(after: checks[checks.count - 1].loss, keeping: swap.state)
      guard swap.keepsBest else { continue }
      if case .ends = decision {
        end = .plateau
        break
      }
      if case .lowersRate = decision, let best = course.stopping.best {
        swap.restore(best)
        optimizers = swap.optimizers
      }
    }
    if swap.keepsBest, let best = course.stopping.best { swap.restore(best) }
    let history = FitHistory(
      budget: settings.budget, learningRate: rate, trainingPairs: training.count,
      validationPairs: held, checks: checks, losses: losses, end: end)
    return (losses, history)
  }

  /// A look at the validation part.
  private func check(
    _ validation: [Int], _ swap: some TrainedSwap, step: Int
  ) throws -> FitHistory.Check {
    let total = try validation.chunked(settings.batchSize).reduce(0.0) { total, batch in
      total
        + Double(try run.loss(swap.judgedParts(of: batch), batch).scalar) * Double(batch.count)
    }
    // No number is better than one that isn't a number: nothing would be kept any more.
    guard total.isFinite else { throw AlignmentError.diverged(step: step) }
    let outcomes = try validation.chunked(run.batchSize).flatMap { batch in
      try run.outcomes(swap.judgedParts(of: batch), batch)
    }
    return FitHistory.Check(
      step: step, loss: total / Double(validation.count), accuracy: Accuracy(outcomes))
  }
}

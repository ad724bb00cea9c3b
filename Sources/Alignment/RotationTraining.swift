import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// A fit's state while it runs.
public struct FitProgress: Sendable {
  /// The part of a search of several fits; empty for a single fit.
  public var part = ""
  /// The epoch, from 0.
  public let epoch: Int
  /// Epochs in all, at most.
  public let epochs: Int
  /// Steps taken.
  public let step: Int
  /// Steps in all, at most.
  public let steps: Int
  /// The loss of the step.
  public let loss: Double
}

/// The training of one rotation on some of a site's examples.
struct RotationTraining {
  let settings: AlignmentSettings
  let blocks: [Range<Int>]
  let data: SiteExamples
  let run: InterchangeRun
  /// The examples that may be trained on or watched.
  let indices: [Int]

  /// Trains a rotation in place, and leaves the best one there.
  func callAsFunction(
    _ rotation: Rotation, progress: (FitProgress) -> Void
  ) throws -> (losses: [Double], history: FitHistory) {
    var generator = RandomGenerator(seed: settings.seed ^ 0xDA5)
    let order = indices.shuffled(using: &generator)
    let held = settings.validationCount(of: order.count)
    let (validation, training) = (Array(order.prefix(held)), Array(order.dropFirst(held)))
    let rate = settings.rate(width: rotation.width)
    var course = FitCourse(settings, training: training.count, watched: held, rate: rate)
    let intervention = DistributedInterchange(rotation, blocks: blocks)
    var optimizer = AdamW(
      rotation.trainedParameters, orthonormal: intervention.orthonormalParameters)
    var batches = ShuffledBatches(training, of: settings.batchSize, generator)
    var (losses, checks, end) = ([Double](), [FitHistory.Check](), FitHistory.End.budget)
    if held > 0 { checks.append(try check(validation, rotation, step: 0)) }
    for step in 0..<course.steps {
      let loss = try run.loss(data, batches.next(), intervention)
      guard loss.scalar.isFinite else { throw AlignmentError.diverged(step: step) }
      loss.backward()
      try optimizer.step(learningRate: course.rate(at: step))
      losses.append(Double(loss.scalar))
      progress(batches.progress(step: losses.count, of: course.steps, loss: losses[step]))
      let isLast = step == course.steps - 1
      guard held > 0, (step + 1) % course.interval == 0 || isLast else { continue }
      checks.append(try check(validation, rotation, step: step + 1))
      let decision = course.decide(
        after: checks[checks.count - 1].loss, keeping: rotation.parameter.value)
      if case .ends = decision {
        end = .plateau
        break
      }
      if case .lowersRate = decision, let best = course.stopping.best {
        rotation.parameter.value = best
        optimizer = AdamW(
          rotation.trainedParameters, orthonormal: intervention.orthonormalParameters)
      }
    }
    if let best = course.stopping.best { rotation.parameter.value = best }
    let history = FitHistory(
      budget: settings.budget, learningRate: rate, trainingPairs: training.count,
      validationPairs: held, checks: checks, losses: losses, end: end)
    return (losses, history)
  }

  /// A look at the validation part.
  private func check(
    _ validation: [Int], _ rotation: Rotation, step: Int
  ) throws -> FitHistory.Check {
    let frozen = DistributedInterchange(rotation.frozen, blocks: blocks)
    let total = try validation.chunked(settings.batchSize).reduce(0.0) { total, batch in
      total + Double(try run.loss(data, batch, frozen).scalar) * Double(batch.count)
    }
    // No number is better than one that isn't a number: nothing would be kept any more.
    guard total.isFinite else { throw AlignmentError.diverged(step: step) }
    return FitHistory.Check(
      step: step, loss: total / Double(validation.count),
      accuracy: Accuracy(try run.outcomes(data, validation, frozen)))
  }
}

/// Batches of one shuffled pass after the other; the last of a pass may be smaller.
struct ShuffledBatches {
  private let indices: [Int]
  private let size: Int
  private var generator: RandomGenerator
  private var rest: [[Int]] = []

  init(_ indices: [Int], of size: Int, _ generator: RandomGenerator) {
    (self.indices, self.size, self.generator) = (indices, size, generator)
  }

  mutating func next() -> [Int] {
    if rest.isEmpty { rest = indices.shuffled(using: &generator).chunked(size).reversed() }
    return rest.removeLast()
  }

  func progress(step: Int, of steps: Int, loss: Double) -> FitProgress {
    let inPass = max(1, (indices.count + size - 1) / size)
    return FitProgress(
      epoch: (step - 1) / inPass, epochs: (steps + inPass - 1) / inPass, step: step, steps: steps,
      loss: loss)
  }
}

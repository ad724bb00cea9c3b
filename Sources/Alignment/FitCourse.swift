import InterchangeTensors

/// The course of a fit's training by its budget: how many steps at most, when the validation part
/// is looked at, the rate of each step and the end.
package struct FitCourse {
  /// The outcome of a look at the validation part.
  package enum Decision: Sendable {
    case goesOn
    /// A plateau: the training goes on from the best value with a lower rate.
    case lowersRate
    /// A plateau at the lowest rate, or patience's end: nothing gets better.
    case ends
  }

  /// Steps that are taken at most.
  package let steps: Int
  /// Steps between two checks.
  package let interval: Int
  /// The budget; ``FitBudget/steps(_:)`` takes all its steps, whatever the checks say.
  private let budget: FitBudget
  private let schedule: LearningRateSchedule
  private var factor = 1.0
  package private(set) var stopping: EarlyStopping

  /// The rate after a plateau, as a part of the one before.
  private static let drop = 0.25
  /// Plateaus after which the rate falls; one more is the end.
  private static let drops = 1

  private var plateaus = 0

  /// - Parameters:
  ///   - training: the number of examples to train on
  ///   - watched: the number of those that are watched
  ///   - rate: the highest
  package init(_ settings: AlignmentSettings, training: Int, watched: Int, rate: Double) {
    budget = settings.budget
    let epoch = max(1, (training + settings.batchSize - 1) / settings.batchSize)
    // A check may cost about a tenth of the steps before it: evaluating takes a third of training.
    let sparse = max(10, 3 * watched / settings.batchSize)
    stopping = EarlyStopping(patience: settings.patience)
    switch settings.budget {
    case .epochs(let count): (steps, interval) = (count * epoch, epoch)
    case .steps(let count): (steps, interval) = (count, min(sparse, max(1, count / 10)))
    case .converged(let most):
      (steps, interval) = (most, sparse)
      stopping = EarlyStopping(
        patience: settings.patience, relativeTolerance: 0.005, absoluteTolerance: 0.002)
      schedule = LearningRateSchedule(
        peak: rate, warmupSteps: Int(100 * settings.warmup), totalSteps: steps, decay: .constant)
      return
    }
    schedule = LearningRateSchedule(
      peak: rate, warmupSteps: Int(Double(steps) * settings.warmup), totalSteps: steps)
  }

  package func rate(at step: Int) -> Double { factor * schedule.rate(at: step) }

  /// Takes note of a validation loss.
  package mutating func decide(after loss: Double, keeping value: Tensor) -> Decision {
    guard stopping.shouldStop(after: loss, keeping: value) else { return .goesOn }
    switch budget {
    case .steps: return .goesOn
    case .epochs: return .ends
    case .converged:
      guard plateaus < Self.drops else { return .ends }
      plateaus += 1
      factor *= Self.drop
      stopping.restart()
      return .lowersRate
    }
  }
}

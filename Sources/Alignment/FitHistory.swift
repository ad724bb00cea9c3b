import InterchangeBasics

/// The course of a fit: what its validation part said while it ran, and how it ended.
public struct FitHistory: Codable, Sendable, Equatable {
  /// A look at the validation part.
  public struct Check: Codable, Sendable, Equatable {
    /// Steps taken before it; 0 is the start.
    public let step: Int
    /// The mean loss of the validation part.
    public let loss: Double
    /// Its interchange intervention accuracy.
    public let accuracy: Accuracy

    package init(step: Int, loss: Double, accuracy: Accuracy) {
      (self.step, self.loss, self.accuracy) = (step, loss, accuracy)
    }
  }

  /// The reason for which the training ended.
  public enum End: String, Codable, Sendable {
    /// Nothing got better.
    case plateau
    /// The steps were used up.
    case budget
  }

  /// The budget that was given.
  public let budget: FitBudget
  /// The highest rate.
  public let learningRate: Double
  /// The number of examples that were trained on.
  public let trainingPairs: Int
  /// The number of training examples that were only watched.
  public let validationPairs: Int
  /// The looks at the validation part; empty without one.
  public let checks: [Check]
  /// The reason for the end.
  public let end: End
  /// True when the loss was still falling when the steps were used up.
  public let isStillFalling: Bool

  /// A history of these parts; whether the loss is still falling follows from the checks, or where
  /// there are none from the losses of training.
  package init(
    budget: FitBudget, learningRate: Double, trainingPairs: Int, validationPairs: Int,
    checks: [Check], losses: [Double], end: End
  ) {
    (self.budget, self.learningRate, self.checks, self.end) = (budget, learningRate, checks, end)
    (self.trainingPairs, self.validationPairs) = (trainingPairs, validationPairs)
    let curve = checks.count >= 4 ? checks.map(\.loss) : Self.means(losses)
    isStillFalling = end == .budget && Self.isFalling(curve)
  }

  /// The means of eight equal parts of the steps; of few steps each one.
  private static func means(_ losses: [Double]) -> [Double] {
    losses.chunked(max(1, losses.count / 8)).map { $0.reduce(0, +) / Double($0.count) }
  }

  /// True when the last quarter of a curve of losses has lowered it by more than a twentieth of
  /// what all of it has, and by more than 0.5 % and 0.002 nats.
  package static func isFalling(_ curve: [Double]) -> Bool {
    guard curve.count >= 2 else { return !curve.isEmpty }
    let last = curve[curve.count - 1]
    let before = curve[min(curve.count - 2, (curve.count - 1) * 3 / 4)]
    return before - last > max(0.05 * (curve[0] - last), 0.005 * abs(last), 0.002)
  }
}

import InterchangeBasics

/// The length of a fit's training.
///
/// Whatever the length, the rotation with the lowest loss on the validation part is the one that is
/// kept; the validation part is taken from the training pairs.
public enum FitBudget: Sendable, Equatable {
  /// Passes over the training pairs, in which the rate falls linearly to 0. It ends after
  /// ``AlignmentSettings/patience`` passes without a lower validation loss.
  case epochs(Int)
  /// Steps of the optimizer, all of which are taken; the rate falls linearly to 0.
  case steps(Int)
  /// Until the validation loss is on a plateau, but at most so many steps.
  ///
  /// A plateau is ``AlignmentSettings/patience`` checks in a row that don't lower the loss by 0.5 %
  /// or 0.002 nats, whichever is more. On a plateau the best rotation is restored and the rate
  /// falls to a quarter; on the second one the fit has converged.
  case converged(maximumSteps: Int)

  /// The budget unless another is asked for: far more than most fits take.
  public static let standard = FitBudget.converged(maximumSteps: 1000)

  func validate(_ check: SettingCheck) throws {
    switch self {
    case .epochs(let count): try check(count >= 1, "epochs", "at least 1", count)
    case .steps(let count): try check(count >= 1, "steps", "at least 1", count)
    case .converged(let most): try check(most >= 1, "maximum steps", "at least 1", most)
    }
  }

  /// This budget as far as another fit's number of steps: a control's training is no longer than
  /// the fit that it is to be compared with.
  func limited(to steps: Int) -> FitBudget {
    guard case .converged(let most) = self else { return self }
    return .converged(maximumSteps: min(most, max(1, steps)))
  }

  /// The budget of as many fits in one.
  func multiplied(by count: Int) -> FitBudget {
    switch self {
    // Passes grow with the pairs.
    case .epochs: self
    case .steps(let steps): .steps(min(steps, Int.max / count) * count)
    case .converged(let most): .converged(maximumSteps: min(most, Int.max / count) * count)
    }
  }
}

extension FitBudget: Codable {
  private enum CodingKeys: String, CodingKey { case epochs, steps, maximumSteps }

  /// Reads one of `epochs`, `steps` and `maximumSteps`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let count = try values.decodeIfPresent(Int.self, forKey: .epochs) {
      self = .epochs(count)
    } else if let count = try values.decodeIfPresent(Int.self, forKey: .steps) {
      self = .steps(count)
    } else {
      self = .converged(maximumSteps: try values.decode(Int.self, forKey: .maximumSteps))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .epochs(let count): try values.encode(count, forKey: .epochs)
    case .steps(let count): try values.encode(count, forKey: .steps)
    case .converged(let most): try values.encode(most, forKey: .maximumSteps)
    }
  }
}

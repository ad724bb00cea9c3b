import InterchangeBasics
import InterchangeTensors

/// An intervention with a schedule, a penalty or noise of its own while it is trained.
///
/// Each part has a default that does nothing. What several interventions decide together, such as
/// which of all their numbers are kept, belongs to an object that they refer to; see
/// ``DiffPruning``.
public protocol TrainableIntervention: AdditiveIntervention {
  /// Gets ready for a step of a training; called once before each, from step 0 on.
  func prepare(step: Int, of steps: Int)
  /// True when its present state can be kept as the best of a training.
  var isComplete: Bool { get }
  /// The term that training adds to the loss of the data, as a scalar; nil for nothing.
  var penalty: Tensor? { get }

  /// The change of each row in training: [rows, width].
  ///
  /// - Parameter noise: the step's own random numbers, the same when the change is computed again
  ///   for its gradient
  func change(
    of base: Tensor, sources: [Tensor], noise: inout RandomGenerator
  ) -> Tensor
}

extension TrainableIntervention {
  public func prepare(step: Int, of steps: Int) {}
  public var isComplete: Bool { true }
  public var penalty: Tensor? { nil }

  public func change(
    of base: Tensor, sources: [Tensor], noise: inout RandomGenerator
  ) -> Tensor {
    change(of: base, sources: sources)
  }
}

import InterchangeTensors

/// An intervention whose change of a row depends on the other rows of its sequence while it is
/// trained, and on no others once it is settled.
///
/// A run that goes on from stored keys and values doesn't have a sequence's earlier rows any more.
/// A stand-in for them is found in a pass over the training's examples: each batch is given to
/// ``observe(_:sequences:)``, and ``settle(isStart:)`` ends the pass.
public protocol SequenceIntervention: TrainableIntervention {
  /// True once ``AdditiveIntervention/change(of:sources:)`` takes each row by itself.
  var isSettled: Bool { get }

  /// The change of the rows of sequences, one after the other, as training makes it.
  ///
  /// - Parameters:
  ///   - base: [rows, width]
  ///   - sequences: the number of rows of each, which may be 0
  ///   - batch: the number of sequences of a training step, of which these may be a part; nil for
  ///     these alone
  /// - Returns: [rows, width]
  func change(of base: Tensor, sequences: [Int], batch: Int?) -> Tensor

  /// Takes note of the rows of sequences; the parameters are the same as of
  /// ``change(of:sequences:batch:)``.
  func observe(_ base: Tensor, sequences: [Int])

  /// Takes what stands in for a sequence's other rows from those observed since it was last called.
  ///
  /// - Parameter isStart: true before a training's first step
  /// - Returns: false when nothing in them can stand in
  func settle(isStart: Bool) -> Bool
}

/// An intervention that adds one vector to every row: steering.
public protocol VectorAddition: AdditiveIntervention {
  /// The vector that is added, [d]; nil while it isn't the same for all rows.
  var addedVector: Tensor? { get }
  /// Multiplies what is added; negative factors steer the other way.
  func scale(by factor: Float)
}

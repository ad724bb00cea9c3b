import InterchangeTensors

/// Keeps the best value seen and tells when nothing has become better for a while.
package struct EarlyStopping {
  let patience: Int
  /// The part of the lowest loss by which a loss has to be lower to count as progress.
  let relativeTolerance: Double
  /// The amount by which it has to be lower at least.
  let absoluteTolerance: Double
  package private(set) var best: Tensor?
  private var lowest = Double.infinity
  /// The lowest loss that was progress.
  private var reference = Double.infinity
  private var waited = 0

  /// A watch that takes any lower loss as progress, or one that is lower by both tolerances.
  package init(
    patience: Int, relativeTolerance: Double = 0, absoluteTolerance: Double = 0
  ) {
    self.patience = patience
    (self.relativeTolerance, self.absoluteTolerance) = (relativeTolerance, absoluteTolerance)
  }

  package mutating func shouldStop(after loss: Double, keeping value: Tensor) -> Bool {
    if loss < lowest { (lowest, best) = (loss, value) }
    let tolerance = max(relativeTolerance * abs(reference), absoluteTolerance)
    // The first loss is lower than none, whatever the tolerance.
    if reference == .infinity ? loss < reference : loss < reference - tolerance {
      (reference, waited) = (loss, 0)
    } else {
      waited += 1
    }
    return waited >= patience
  }

  /// Begins to wait anew, from the best value.
  package mutating func restart() { (reference, waited) = (lowest, 0) }
}

import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// A swap inside a subspace S [k, d] by a square matrix A: h + Sᵀ A S (s − h), which is that of all
/// of S for the identity.
private final class WeightedInterchange: Intervention {
  let frame: Tensor
  let weights: Parameter

  init(_ frame: Tensor, weight: Float) {
    self.frame = frame
    let rank = frame.rows
    weights = Parameter(
      "weights",
      Tensor(rows: (0..<rank).map { row in (0..<rank).map { $0 == row ? weight : 0 } }))
  }

  var name: String { "weighted interchange" }
  var sourceCount: Int { 1 }
  var parameters: [Parameter] { [weights] }

  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    // z Aᵀ for rows z = S (s − h).
    base + (sources[0] - base).linear(frame).linear(weights.tensor).matrixProduct(frame)
  }
}

extension InterchangeRun {
  /// The same subspace [k, d] in a basis whose first rows do the most.
  ///
  /// With u the loss's gradient and v the difference of source and base, both in the subspace's
  /// coordinates, swapping its part P lowers the loss by −Σ uᵀ P v to first order, which the
  /// leading eigenvectors of the symmetric part of −Σ u vᵀ make largest. Measured at half of the
  /// swap.
  ///
  /// - Parameter indices: the examples of the sum
  func ordered(_ frame: Tensor, on data: SiteExamples, _ indices: [Int]) throws -> Tensor {
    let swap = WeightedInterchange(frame, weight: 0.5)
    for batch in indices.chunked(batchSize) {
      // The batch's mean loss, as a part of the sum over all.
      let loss = Float(batch.count) * (try loss(data, batch, swap))
      guard loss.scalar.isFinite else { throw AlignmentError.diverged(step: 0) }
      loss.backward()
    }
    guard let gradient = swap.weights.gradient else { return frame }
    // Eigenvalues rise: the largest fall of the loss comes first in those of the gradient itself.
    let (_, vectors) = try (0.5 * (gradient + gradient.transposed())).symmetricEigen()
    return vectors.matrixProduct(frame).detached
  }
}

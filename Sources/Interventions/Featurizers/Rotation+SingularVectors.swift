import InterchangeTensors

extension Rotation {
  /// The side of a weight [outputs, inputs] whose singular vectors are meant.
  public enum WeightSide: String, Sendable, CaseIterable {
    /// The right singular vectors: directions of what the weight reads.
    case inputs
    /// The left singular vectors: directions of what the weight writes.
    case outputs
  }

  /// The singular vectors of a weight, those of the largest values first; not trained.
  ///
  /// - Parameter weight: [outputs, inputs]
  /// - Throws: ``InterventionError/rankOutOfRange(rank:width:)`` for a rank above the number of
  ///   singular values, `LinearAlgebraError` for a weight that isn't finite.
  public static func singularVectors(
    of weight: Tensor, side: WeightSide, rank: Int
  ) throws -> Rotation {
    let most = min(weight.rows, weight.width)
    guard (1...max(1, most)).contains(rank) else {
      throw InterventionError.rankOutOfRange(rank: rank, width: most)
    }
    let (left, _, right) = try weight.detached.svd()
    let frame = side == .inputs ? right : left.transposed()
    return try Rotation(
      orthonormal: frame.gatherRows(Array(0..<rank)), isTrained: false)
  }
}

import InterchangeTensors

/// Principal components as features: f = R (h − μ), D(f) = Rᵀ f + μ.
public final class PrincipalComponentFeaturizer: Featurizer {
  /// R [features, width], the components in order; not trained.
  public let rotation: Rotation
  /// μ: [width]
  public let mean: Tensor

  /// The first components of rows [n, width], with their mean.
  ///
  /// - Throws: ``InterventionError`` when there are too few rows or the rank exceeds the width.
  public init(of rows: Tensor, rank: Int) throws {
    rotation = try Rotation.principalComponents(of: rows, rank: rank).frozen
    mean = ((1 / Float(rows.rows)) * rows.columnSums()).detached
  }

  public var name: String { "PCA" }
  public var width: Int { rotation.width }
  public var featureCount: Int { rotation.rank }

  public func encode(_ rows: Tensor) -> Tensor {
    rows.addingToRows(-1 * mean).linear(rotation.tensor)
  }

  public func decode(_ features: Tensor, of base: Tensor) -> Tensor {
    features.matrixProduct(rotation.tensor).addingToRows(mean)
  }

  public func change(of base: Tensor, from old: Tensor, to new: Tensor) -> Tensor {
    (new - old).matrixProduct(rotation.tensor)
  }
}

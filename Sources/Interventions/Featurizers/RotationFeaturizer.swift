import InterchangeTensors

/// Coordinates along the rows of a rotation as features: f = R h, D(f) = Rᵀ f.
///
/// With the frame of ``Rotation/singularVectors(of:side:rank:)`` these are the directions that a
/// weight reads or writes.
public final class RotationFeaturizer: Featurizer {
  /// R [features, width].
  public let rotation: Rotation

  /// Features along a rotation's rows, which training turns where the rotation is trained.
  public init(_ rotation: Rotation) { self.rotation = rotation }

  public var name: String { "rotation" }
  public var width: Int { rotation.width }
  public var featureCount: Int { rotation.rank }
  public var parameters: [Parameter] { rotation.trainedParameters }
  public var orthonormalParameters: [Parameter] { rotation.trainedParameters }

  public func encode(_ rows: Tensor) -> Tensor { rows.linear(rotation.tensor) }

  public func decode(_ features: Tensor, of base: Tensor) -> Tensor {
    features.matrixProduct(rotation.tensor)
  }

  public func change(of base: Tensor, from old: Tensor, to new: Tensor) -> Tensor {
    (new - old).matrixProduct(rotation.tensor)
  }
}

import Tensors

/// Low-rank linear subspace ReFT (arXiv 2404.03592): h + Rᵀ(W h + b − R h), with R an orthonormal
/// frame [k, d], W [k, d] and b [k].
public final class LoReFT: Intervention {
  public let rotation: Rotation
  /// W: [k, d]
  public let weight: Parameter
  /// b: [k]
  public let bias: Parameter

  /// Starts where h stays as it is: W = R, b = 0.
  public convenience init(rotation: Rotation) {
    self.init(rotation: rotation, weight: rotation.frame, bias: .zeros([rotation.rank]))
  }

  /// - Parameters:
  ///   - weight: [k, d]
  ///   - bias: [k]
  public init(rotation: Rotation, weight: Tensor, bias: Tensor) {
    precondition(
      weight.shape == [rotation.rank, rotation.width] && bias.count == rotation.rank,
      "LoReFT: expected W [\(rotation.rank), \(rotation.width)], got \(weight.shape), b \(bias.shape)"
    )
    self.rotation = rotation
    self.weight = Parameter("weight", weight)
    self.bias = Parameter("bias", bias)
  }

  public var name: String { "loreft" }
  public var sourceCount: Int { 0 }
  public var parameters: [Parameter] { rotation.trainedParameters + [weight, bias] }
  public var orthonormalParameters: [Parameter] { rotation.trainedParameters }

  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let frame = rotation.tensor
    let target = base.linear(weight.tensor, bias: bias.tensor)
    return base + (target - base.linear(frame)).matrixProduct(frame)
  }
}

import InterchangeBasics
import InterchangeTensors

/// Another intervention inside a subspace: with z = R h and its sources' R s it is h + Rᵀ(f(z) −
/// z). What lies outside stays as it is.
public final class SubspaceIntervention: Intervention {
  /// f, of vectors as wide as the rotation has rows.
  public let intervention: any Intervention
  /// R, whose rows span the subspace.
  public let rotation: Rotation

  /// - Parameters:
  ///   - intervention: f
  ///   - rotation: R [k, d]
  public init(_ intervention: any Intervention, in rotation: Rotation) {
    (self.intervention, self.rotation) = (intervention, rotation)
  }

  public var name: String { "\(intervention.name) in a subspace" }
  public var sourceCount: Int { intervention.sourceCount }
  public var parameters: [Parameter] { rotation.trainedParameters + intervention.parameters }
  public var orthonormalParameters: [Parameter] {
    rotation.trainedParameters + intervention.orthonormalParameters
  }

  /// h + Rᵀ(f(R h, R s) − R h).
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let frame = rotation.tensor
    let inside = base.linear(frame)
    let changed = intervention(inside, sources: sources.map { $0.linear(frame) })
    return base + (changed - inside).matrixProduct(frame)
  }
}

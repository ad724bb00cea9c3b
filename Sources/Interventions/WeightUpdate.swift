import InterchangeTensors

/// Full fine-tuning of one projection: h + Δ x, where h = W x and Δ has W's shape and starts at
/// zero.
public final class WeightUpdate: AdditiveIntervention {
  /// Δ: [width, input width]
  public let delta: Parameter

  /// - Parameter delta: [width, input width]
  public init(delta: Tensor) { self.delta = Parameter("delta", delta) }

  public var name: String { "full" }
  public var parameters: [Parameter] { [delta] }
  public var width: Int { delta.value.rows }
  public var sourceWidth: Int? { delta.value.width }

  /// Δ x.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    sources[0].linear(delta.tensor)
  }
}

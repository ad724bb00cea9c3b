import InterchangeTensors

/// Zero ablation: the base vector becomes 0.
public final class ZeroAblation: FixedIntervention {
  /// The ablation of whole vectors.
  public init() {}
  public var name: String { "zero" }
  public var sourceCount: Int { 0 }

  /// Zeros in the shape of `base`.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { .zeros(base.shape) }
}

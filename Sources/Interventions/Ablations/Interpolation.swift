import InterchangeTensors

/// Linear interpolation to the source vector: λ s + (1 − λ) h, in the form h + λ (s − h), which
/// leaves h exactly as it is when s = h.
public final class Interpolation: FixedIntervention {
  /// λ: 0 is the base, 1 the source; beyond, extrapolation.
  public let share: Float

  /// - Parameter share: λ
  public init(share: Float) { self.share = share }
  public var name: String { "lerp" }
  public var sourceCount: Int { 1 }

  /// h + λ (s − h).
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base + share * (sources[0] - base)
  }
}

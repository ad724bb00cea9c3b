import InterchangeTensors

/// Addition of the source vector: h + c s. With drawn noise as the source it is additive noise,
/// with a fixed vector steering.
public final class Addition: FixedIntervention {
  /// c
  public let scale: Float

  /// - Parameter scale: c, the factor of the source
  public init(scale: Float = 1) { self.scale = scale }
  public var name: String { "add" }
  public var sourceCount: Int { 1 }

  /// h + c s.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base + (scale == 1 ? sources[0] : scale * sources[0])
  }
}

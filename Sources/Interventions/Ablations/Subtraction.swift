import InterchangeTensors

/// Subtraction of the source vector: h − c s.
public final class Subtraction: FixedIntervention {
  /// c
  public let scale: Float

  /// - Parameter scale: c, the factor of the source
  public init(scale: Float = 1) { self.scale = scale }
  public var name: String { "subtract" }
  public var sourceCount: Int { 1 }

  /// h − c s.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base - (scale == 1 ? sources[0] : scale * sources[0])
  }
}

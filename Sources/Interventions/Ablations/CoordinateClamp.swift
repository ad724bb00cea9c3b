import InterchangeBasics
import InterchangeTensors

/// A clamp: every coordinate is brought into a range. Inside a ``SubspaceIntervention`` it clamps
/// the coordinates along given directions.
public final class CoordinateClamp: FixedIntervention {
  /// The lowest and the highest value that a coordinate may have.
  public let range: ClosedRange<Float>

  /// - Parameter range: of finite numbers; of one number, to set coordinates to it
  public init(to range: ClosedRange<Float>) {
    require(
      range.lowerBound.isFinite && range.upperBound.isFinite,
      "CoordinateClamp: expected finite ends, got \(range)")
    self.range = range
  }

  public var name: String { "clamp" }
  public var sourceCount: Int { 0 }

  /// min(max(h, low), high), by coordinate.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low < high else { return Tensor(repeating: low, shape: base.shape) }
    return base.clipped(to: range)
  }
}

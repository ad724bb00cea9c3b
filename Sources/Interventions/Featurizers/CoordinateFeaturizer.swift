import InterchangeTensors

/// The coordinates of a vector as its features: neurons, or the numbers of the residual stream.
public final class CoordinateFeaturizer: Featurizer {
  public let width: Int

  /// Coordinates of vectors of a width.
  public init(width: Int) { self.width = width }

  public var name: String { "coordinates" }
  public var featureCount: Int { width }

  /// The vectors themselves.
  public func encode(_ rows: Tensor) -> Tensor { rows }
  /// The features themselves.
  public func decode(_ features: Tensor, of base: Tensor) -> Tensor { features }
}

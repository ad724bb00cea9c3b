import InterchangeTensors

/// A linear map as stored: weight [outputs, inputs], bias [outputs] when there is one.
public struct LinearMap: Sendable {
  /// The matrix [outputs, inputs].
  public let weight: Weight
  /// The addition to the outputs: [outputs].
  public var bias: Tensor?

  /// A map without a bias unless one is given.
  public init(weight: Weight, bias: Tensor? = nil) {
    (self.weight, self.bias) = (weight, bias)
  }

  /// Maps rows [rows, inputs] to [rows, outputs].
  public func callAsFunction(_ rows: Tensor) -> Tensor { rows.linear(weight, bias: bias) }

  /// The map to some of the outputs, in the order given.
  public func selecting(_ outputs: [Int]) -> LinearMap {
    LinearMap(
      weight: weight.selecting(outputs),
      bias: bias.map {
        $0.reshaped([$0.count, 1]).gatherRows(outputs).reshaped([outputs.count])
      })
  }
}

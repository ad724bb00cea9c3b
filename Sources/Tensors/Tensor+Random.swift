import InterchangeBasics

extension Tensor {
  /// Independent normal numbers with mean 0.
  public static func normal(
    _ shape: [Int], deviation: Double = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    Tensor((0..<shape.product).map { _ in Float(deviation * generator.normal()) }, shape: shape)
  }

  /// Independent numbers drawn uniformly from a range.
  public static func uniform(
    _ shape: [Int], in range: Range<Double>, using generator: inout RandomGenerator
  ) -> Tensor {
    let width = range.upperBound - range.lowerBound
    return Tensor(
      (0..<shape.product).map { _ in Float(range.lowerBound + width * generator.uniform()) },
      shape: shape)
  }
}

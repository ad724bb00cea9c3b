/// A mean over seeds with its deviation.
public struct SeedStatistics: Codable, Sendable, Equatable {
  /// The mean of the values.
  public let mean: Double
  /// The sample's standard deviation; 0 for one seed.
  public let deviation: Double
  /// The value of each seed.
  public let values: [Double]

  /// - Parameter values: at least one
  public init(_ values: [Double]) {
    require(!values.isEmpty, "SeedStatistics: no values")
    self.values = values
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    deviation =
      values.count > 1
      ? (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
        .squareRoot() : 0
  }
}

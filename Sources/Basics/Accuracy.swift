import Foundation

/// A fraction with its sample size and its 95 % Wilson score interval.
public struct Accuracy: Codable, Sendable, Equatable {
  /// The number of right ones among `n`.
  public let correct: Int
  /// The sample size, at least 1.
  public let n: Int
  /// correct / n; NaN never occurs: n ≥ 1.
  public let value: Double
  /// The Wilson score interval at 95 %.
  public let interval: [Double]
  /// The mean of (label's logit − largest other answer's logit).
  public let logitDifference: Double?

  /// - Parameter n: at least 1
  public init(correct: Int, n: Int, logitDifference: Double? = nil) {
    require(n >= 1 && correct >= 0 && correct <= n, "Accuracy: \(correct) of \(n)")
    (self.correct, self.n, self.logitDifference) = (correct, n, logitDifference)
    value = Double(correct) / Double(n)
    let interval = Self.wilson(correct: correct, n: n)
    self.interval = [interval.lowerBound, interval.upperBound]
  }

  /// Reads the counts; the fraction and its interval follow from them.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let (correct, n) = (
      try values.decode(Int.self, forKey: .correct), try values.decode(Int.self, forKey: .n)
    )
    guard n >= 1, (0...n).contains(correct) else {
      throw DecodingError.dataCorruptedError(
        forKey: .correct, in: values, debugDescription: "\(correct) of \(n)")
    }
    self.init(
      correct: correct, n: n,
      logitDifference: try values.decodeIfPresent(Double.self, forKey: .logitDifference))
  }

  /// The Wilson score interval of a fraction (Wilson 1927), by default at 95 %.
  public static func wilson(
    correct: Int, n: Int, z: Double = 1.959963984540054
  ) -> ClosedRange<Double> {
    let (n, p) = (Double(n), Double(correct) / Double(n))
    let scale = 1 + z * z / n
    let centre = (p + z * z / (2 * n)) / scale
    let half = z / scale * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, centre - half)...min(1, centre + half)
  }

  /// The interval at 95 % of this fraction minus another, of independent samples (Newcombe 1998,
  /// method 10: from both Wilson intervals). Of two fractions of the same sample it is too wide.
  public func difference(from other: Accuracy) -> ClosedRange<Double> {
    let difference = value - other.value
    func half(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
    return difference - half(value - interval[0], other.interval[1] - other.value)...difference
      + half(interval[1] - value, other.value - other.interval[0])
  }

  /// The figure with its interval, such as `0.94 [0.88, 0.97] n=96`.
  public var summary: String {
    String(format: "%.2f [%.2f, %.2f] n=%d", value, interval[0], interval[1], n)
  }
}

import Foundation
import InterchangeBasics

/// A share, or a mean of shares, with its interval at 95 %.
public struct ShareScore: Codable, Sendable, Equatable {
  public let value: Double
  public let interval: [Double]
  /// The value of each seed.
  public let seeds: [Double]

  init(value: Double, interval: [Double], seeds: [Double]) {
    (self.value, self.interval, self.seeds) = (value, interval, seeds)
  }

  /// The mean of seeds' shares of one sample, with Wilson's interval of a share of its size.
  ///
  /// - Parameter accuracies: at least one, of the same n
  public init(seeds accuracies: [Accuracy]) {
    let values = accuracies.map(\.value)
    let mean = SeedStatistics(values).mean
    let n = accuracies[0].n
    let interval = Accuracy.wilson(correct: Int((mean * Double(n)).rounded()), n: n)
    self.init(
      value: mean,
      interval: [min(mean, interval.lowerBound), max(mean, interval.upperBound)], seeds: values)
  }

  /// The mean of shares of independent samples, with the interval that follows from theirs as that
  /// of a difference does (Newcombe 1998, method 10; Zou and Donner 2008).
  ///
  /// - Parameter parts: at least one, of the same seeds
  public init(meanOf parts: [ShareScore]) {
    let count = Double(parts.count)
    let mean = parts.reduce(0) { $0 + $1.value } / count
    func half(_ distance: (ShareScore) -> Double) -> Double {
      parts.reduce(0) { $0 + distance($1) * distance($1) }.squareRoot() / count
    }
    self.init(
      value: mean,
      interval: [
        mean - half { $0.value - $0.interval[0] }, mean + half { $0.interval[1] - $0.value },
      ],
      seeds: (parts.first?.seeds ?? []).indices.map { seed in
        parts.reduce(0) { $0 + $1.seeds[seed] } / count
      })
  }

  /// The value with its interval, such as `0.53 [0.41, 0.65]`.
  public var summary: String {
    String(format: "%.2f [%.2f, %.2f]", value, interval[0], interval[1])
  }

  /// The sample's standard deviation over seeds.
  public var deviation: Double { SeedStatistics(seeds).deviation }
}

import Foundation
import InterchangeBasics

/// A metric's value over some pairs, with their number and an interval.
public struct MetricValue: Codable, Sendable, Equatable {
  /// Σ value / Σ weight; nil where that is no number, such as a ratio of no difference.
  public let value: Double?
  /// The number of pairs that count.
  public let n: Int
  /// The interval at 95 % by the normal approximation; nil for a single pair.
  ///
  /// Of a ratio by the delta method: the deviation of value − ratio · weight over the mean weight.
  public let interval: [Double]?

  /// A cell of these pairs.
  public init(_ samples: [MetricSample]) {
    n = samples.count
    let weight = samples.reduce(0) { $0 + $1.weight }
    let ratio = samples.reduce(0) { $0 + $1.value } / weight
    guard n > 0, weight > 0, ratio.isFinite else {
      (value, interval) = (nil, nil)
      return
    }
    value = ratio
    guard n > 1 else {
      interval = nil
      return
    }
    let squares = samples.reduce(0) { sum, sample in
      let rest = sample.value - ratio * sample.weight
      return sum + rest * rest
    }
    let error = (squares / Double(n - 1) / Double(n)).squareRoot() / (weight / Double(n))
    interval = [ratio - 1.959963984540054 * error, ratio + 1.959963984540054 * error]
  }

  /// Reads a value whose interval has two ends.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    value = try values.decodeIfPresent(Double.self, forKey: .value)
    n = try values.decode(Int.self, forKey: .n)
    interval = try values.decodeIfPresent([Double].self, forKey: .interval)
    guard n >= 0, interval.map({ $0.count == 2 && $0[0] <= $0[1] }) ?? true else {
      throw DecodingError.dataCorruptedError(
        forKey: .interval, in: values, debugDescription: "expected two ends of an interval")
    }
  }
}

/// A metric over layer × position.
public struct MetricMap: Codable, Sendable {
  /// The metric's name.
  public let metric: String
  /// The name beside a color bar, with its unit.
  public let title: String
  /// The definition, in a sentence.
  public let definition: String
  /// The colors.
  public let scale: MetricScale
  /// [layer][position]
  public let cells: [[MetricValue]]

  /// A metric's values by [layer][position].
  public init(_ metric: any OutputMetric, cells: [[MetricValue]]) {
    (self.metric, title, definition) = (metric.name, metric.title, metric.definition)
    (scale, self.cells) = (metric.scale, cells)
  }

  /// The same metric with other cells.
  public func replacing(cells: [[MetricValue]]) -> MetricMap { MetricMap(self, cells: cells) }

  private init(_ map: MetricMap, cells: [[MetricValue]]) {
    (metric, title, definition) = (map.metric, map.title, map.definition)
    (scale, self.cells) = (map.scale, cells)
  }
}

import Foundation
import InterchangeBasics

extension Accuracy {
  /// The share with its interval, in a cell of a table: `0.94 [0.88, 0.97]`.
  public var cell: String { String(format: "%.2f ", value) + intervalCell }

  /// The interval alone: `[0.88, 0.97]`.
  var intervalCell: String { bounds("%.2f") }

  /// The cells of a line: share, interval, n.
  public var cells: [String] {
    [String(format: "%.3f", value), bounds("%.3f"), "\(n)"]
  }

  private func bounds(_ format: String) -> String {
    "[" + interval.map { String(format: format, $0) }.joined(separator: ", ") + "]"
  }
}

extension ResultTable {
  /// A number in a cell by a format such as `%.2f`; ``nothing`` where there is none, and
  /// ``notANumber`` where it is none.
  public static func number(_ value: Double?, _ format: String) -> String {
    value.map { $0.isFinite ? String(format: format, $0) : notANumber } ?? nothing
  }

  /// A number with all its digits, as files of data have it.
  public static func exact(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(format: "%.0f", value) : "\(value)"
  }

  /// A mean in a cell, with its deviation where there are several values; ``nothing`` for none.
  public static func spread(_ statistics: SeedStatistics?, _ format: String) -> String {
    guard let statistics else { return nothing }
    let mean = number(statistics.mean, format)
    guard statistics.values.count > 1, statistics.mean.isFinite else { return mean }
    return mean + " ± " + String(format: format, statistics.deviation)
  }
}

import Foundation
import InterchangeBasics

extension Accuracy {
  /// The share with its interval, in a cell of a table: `0.94 [0.88, 0.97]`.
  var cell: String { String(format: "%.2f ", value) + intervalCell }

  /// The interval alone: `[0.88, 0.97]`.
  var intervalCell: String { bounds("%.2f") }

  /// The cells of a line: share, interval, n.
  var cells: [String] {
    [String(format: "%.3f", value), bounds("%.3f"), "\(n)"]
  }

  private func bounds(_ format: String) -> String {
    "[" + interval.map { String(format: format, $0) }.joined(separator: ", ") + "]"
  }
}

/// A number in a cell; a dash where there is none.
func numberCell(_ value: Double?, _ format: String) -> String {
  value.map { String(format: format, $0) } ?? ResultTable.nothing
}

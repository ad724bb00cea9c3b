import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

/// One metric of a sweep as tables and figures show it.
struct SweepMap {
  /// The name of its figure's file.
  let file: String
  /// The metric's name.
  let metric: String
  /// Its name beside a color bar.
  let title: String
  let scale: MetricScale
  /// By [layer][position]; NaN where there is none.
  let values: [[Double]]
  /// The values with their intervals, in cells of a table.
  let details: [[String]]
  /// The numbers of pairs.
  let counts: [[Int]]
  /// Tells whether it is the share of right answers.
  let isAccuracy: Bool

  /// The cell with the largest value.
  var largest: Heatmap.Cell {
    var best = Heatmap.Cell(row: 0, column: 0)
    for (row, line) in values.enumerated() {
      for (column, value) in line.enumerated() where !(value <= values[best.row][best.column]) {
        if !value.isNaN { best = Heatmap.Cell(row: row, column: column) }
      }
    }
    return best
  }

  /// The number of pairs, where all cells have the same.
  var size: String {
    let all = Set(counts.joined())
    guard let least = all.min(), let most = all.max(), least < most else {
      return "n = \(all.first ?? 0) pairs"
    }
    return "n = \(least) to \(most) pairs"
  }
}

extension SweepRun {
  /// The metrics that were asked for, in their order.
  var maps: [SweepMap] {
    (result.metrics ?? [accuracyMetric.name]).map { name in
      result.measures?.first { $0.metric == name }.map(map) ?? accuracies
    }
  }

  private var accuracyMetric: InterchangeAccuracyMetric { InterchangeAccuracyMetric() }

  private var accuracies: SweepMap {
    SweepMap(
      file: "sweep", metric: accuracyMetric.name, title: accuracyMetric.title,
      scale: accuracyMetric.scale, values: result.values,
      details: result.cells.map { $0.map(\.cell) }, counts: result.cells.map { $0.map(\.n) },
      isAccuracy: true)
  }

  private func map(_ measured: MetricMap) -> SweepMap {
    SweepMap(
      file: "sweep-\(measured.metric)", metric: measured.metric, title: measured.title,
      scale: measured.scale, values: measured.cells.map { $0.map { $0.value ?? .nan } },
      details: measured.cells.map { $0.map(\.cell) }, counts: measured.cells.map { $0.map(\.n) },
      isAccuracy: false)
  }
}

extension MetricValue {
  /// The value with its interval: `1.32 [0.80, 1.84]`.
  var cell: String {
    ResultTable.number(value, "%.2f")
      + (interval.map { String(format: " [%.2f, %.2f]", $0[0], $0[1]) } ?? "")
  }
}

extension MetricScale {
  /// The colors; viridis where a record names others.
  var colorMap: ColorMap { ColorMap(named: colors) ?? .viridis }

  /// The values of the colors' ends; nil where the values themselves decide.
  func range(of values: [[Double]]) -> ClosedRange<Double>? {
    guard lowest != nil || highest != nil else { return nil }
    let finite = values.joined().filter(\.isFinite)
    let low = lowest ?? finite.min() ?? 0
    return low...max(highest ?? finite.max() ?? 1, low)
  }
}

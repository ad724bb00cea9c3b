import Foundation
import InterchangeFigures
import InterchangeReports

extension CostGrowth: RunResult {
  public static let kind = "growth"

  /// A table for each axis.
  public var tables: [ResultTable] { axes.map(table) }

  /// Measured and predicted time along one axis.
  public func table(_ axis: Axis) -> ResultTable {
    ResultTable(
      header: [axis.name, "ms", "predicted", "rows"],
      rows: axis.points.map {
        [
          "\($0.value)", String(format: "%.1f", 1e3 * $0.seconds),
          String(format: "%.1f", 1e3 * $0.predicted), "\($0.rows)",
        ]
      })
  }

  /// A figure for each axis.
  public func figures() -> [NamedFigure] {
    axes.map { NamedFigure("cost-\($0.name)", LineChart(self, $0)) }
  }

  /// Each axis with its figure and its numbers.
  public var sections: [ReportSection] {
    let text =
      "\(model): batch \(batch), \(length) tokens, layer \(layer), rank \(rank), "
      + "\(threads) threads. "
      + String(
        format:
          "The machine reached %.0f GFLOP/s in large products and read %.1f GB/s of weights in "
          + "products with one row.", gflops, gigabytesPerSecond)
    return [
      ReportSection(
        kind: "growth of cost", title: "How the time of a DAS step grows",
        parts: [
          .text(text), .drawn(figures()),
          .folded(
            "Every axis in numbers",
            axes.map { axis in
              var table = table(axis)
              table.title = "By \(axis.name)."
              return table
            }),
        ], terms: [.predictedTime])
    ]
  }
}

extension RunResults {
  /// The result of ``CostGrowth``.
  public var growth: CostGrowth? { self[CostGrowth.self] }
}

extension ReportTerm {
  fileprivate static let predictedTime = ReportTerm(
    "Predicted", order: 42,
    "The time that the matrix products of the step’s cone alone would take, forward and back, "
      + "at the rates that this machine reached when measured: the least that a step can take.")
}

extension LineChart {
  /// Measured and predicted time along one axis.
  public init(_ growth: CostGrowth, _ axis: CostGrowth.Axis) {
    let measured = Series(
      "measured", points: axis.points.map { Point(x: Double($0.value), y: 1e3 * $0.seconds) })
    var predicted = Series(
      "predicted from the cone",
      points: axis.points.map { Point(x: Double($0.value), y: 1e3 * $0.predicted) })
    predicted.isControl = true
    self.init(series: [measured, predicted])
    title = "DAS step by \(axis.name)"
    let sizes = [
      ("batch", growth.batch), ("length", growth.length), ("layer", growth.layer),
      ("rank", growth.rank),
    ].filter { $0.0 != axis.name }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    subtitle =
      axis.name == "width"
      ? "random LLaMA, 8 layers, layer 3, batch \(growth.batch)" : "\(growth.model): \(sizes)"
    xTitle = axis.name == "width" ? "width of the model" : "edited \(axis.name)"
    if ["batch", "rank"].contains(axis.name) { xTitle = axis.name }
    yTitle = "milliseconds"
    horizontalScale = axis.doubles ? .logarithmic : .linear
    let times = axis.points.flatMap { [1e3 * $0.seconds, 1e3 * $0.predicted] }
    let highest = times.filter { $0.isFinite && $0 > 0 }.max() ?? 1
    valueRange = 0...min(highest * 1.08, .greatestFiniteMagnitude)
  }
}

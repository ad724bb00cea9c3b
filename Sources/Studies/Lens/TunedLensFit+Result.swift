import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeFigures
import InterchangeReports

extension TunedLensFit: RunResult {
  public static let kind = "tunedLens"

  public var tables: [ResultTable] { [table] }

  /// Each layer's distance from the model's own outputs, by the logit lens and the tuned one.
  public var table: ResultTable {
    ResultTable(
      "The tuned lens on held-out texts.",
      note: note,
      header: ["layer", "KL, logit lens", "KL, tuned lens", "same token, logit", "tuned"],
      rows: rows.reversed().map { row in
        [
          row.name, Self.cell(row.plain), Self.cell(row.tuned), row.plain.agreement.cell,
          row.tuned.agreement.cell,
        ]
      })
  }

  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: ["layer", "lens", "divergence", "standard error", "agreement", "n", "penalty"],
        rows: rows.flatMap { row in
          [("logit", row.plain), ("tuned", row.tuned)].map { name, distance in
            [
              row.name, name, ResultTable.exact(distance.divergence),
              ResultTable.exact(distance.error), ResultTable.exact(distance.agreement.value),
              "\(distance.agreement.n)", ResultTable.exact(row.penalty),
            ]
          }
        })
    ]
  }

  public func figures() -> [NamedFigure] { [NamedFigure("tuned-lens", LineChart(self))] }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "tunedLens", title: "A tuned lens",
        parts: [.text(note), .drawn(figures()), .table(table)])
    ]
  }

  /// The mean over layers of the divergence that is left.
  public var measures: [RunMeasure] {
    func mean(_ value: (Row) -> Distance) -> Double {
      rows.map { value($0).divergence }.reduce(0, +) / Double(rows.count)
    }
    return [
      RunMeasure("mean KL, tuned lens", mean(\.tuned)),
      RunMeasure("mean KL, logit lens", mean(\.plain)),
    ]
  }

  private var note: String {
    "KL from the model’s own outputs in nats with the standard error over texts, and the share of "
      + "positions with the same likeliest token. \(fittedPositions) positions of \(fitted) texts "
      + "were fitted, \(heldOutPositions) of \(heldOut) others held out; the first \(skipped) of "
      + "each text left out."
  }

  private static func cell(_ distance: Distance) -> String {
    String(format: "%.3f ± %.3f", distance.divergence, distance.error)
  }
}

extension RunResults {
  /// The result of `TunedLensFit`.
  public var tunedLens: TunedLensFit? { self[TunedLensFit.self] }
}

extension LineChart {
  /// The divergence from the model's own outputs over layers, by both lenses.
  public init(_ fit: TunedLensFit) {
    func series(_ name: String, _ value: (TunedLensFit.Row) -> TunedLensFit.Distance) -> Series {
      var series = Series(
        name,
        // What the unembedding makes of the embeddings is so far off that it would hide the rest.
        points: fit.rows.filter { $0.layer != nil || fit.rows.count == 1 }.map { row in
          let (mean, half) = (value(row).divergence, 1.96 * value(row).error)
          return Point(
            x: Double(row.layer ?? -1), y: mean,
            interval: half > 0 ? max(0, mean - half)...mean + half : nil)
        })
      series.intervals = .band
      return series
    }
    self.init(series: [series("logit lens", \.plain), series("tuned lens", \.tuned)])
    title = "Distance from the final outputs, by layer"
    subtitle = "\(fit.heldOutPositions) positions of \(fit.heldOut) held-out texts"
    (xTitle, yTitle) = ("layer", "KL(final ‖ layer) in nats")
  }
}

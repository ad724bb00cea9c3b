import Foundation
import InterchangeFigures
import InterchangeModels
import InterchangeReports

extension FeatureActivity: RunResult {
  public static let kind = "features"

  public var tables: [ResultTable] {
    [summary, table, examples] + (clamping.map { [$0.table] } ?? [])
  }

  /// The share that the features explain, and the number that is active.
  public var summary: ResultTable {
    ResultTable(
      "The autoencoder at \(site).",
      note: "\(autoencoder); \(texts) texts, without the first \(skipped) positions of each.",
      header: ["variance explained", "active at a position", "never active", "positions"],
      rows: [
        [
          explained.map { String(format: "%.1f %%", 100 * $0) } ?? ResultTable.nothing,
          String(format: "%.1f", activePerPosition), "\(silent) of \(count)", "\(positions)",
        ]
      ])
  }

  /// Each feature's frequency and size.
  public var table: ResultTable {
    ResultTable(
      "Features.", note: "Active: above 0. The mean is of those positions.",
      header: ["feature", "active", "share", "largest", "mean"],
      rows: features.map {
        [
          "\($0.index)", "\($0.active)",
          String(format: "%.2f %%", 100 * Double($0.active) / Double(max(1, positions))),
          String(format: "%.3f", $0.maximum), String(format: "%.3f", $0.mean),
        ]
      })
  }

  /// The texts in which each feature is largest.
  public var examples: ResultTable {
    ResultTable(
      "What activates them.", note: "The token of the largest value in a text is between « and ».",
      header: ["feature", "value", "text", "context"],
      rows: features.flatMap { feature in
        feature.examples.map {
          ["\(feature.index)", String(format: "%.3f", $0.value), "\($0.text)", $0.context]
        }
      })
  }

  /// The features' values over the traced text.
  public func figures() -> [NamedFigure] {
    guard let trace, !features.isEmpty else { return [] }
    // The first vectors are unlike all others: beside their values no other would be seen.
    let values = trace.values.map { row in
      row.enumerated().map { $0.offset < skipped && row.count > skipped ? .nan : $0.element }
    }
    var map = Heatmap(
      values: values, rowLabels: features.map { "\($0.index)" }, columnLabels: trace.tokens)
    (map.title, map.subtitle) = ("Features at \(site)", autoencoder)
    (map.rowTitle, map.columnTitle, map.valueTitle) = ("feature", "token", "value")
    (map.rowOrder, map.missingTitle) = (.firstAtTop, "not counted")
    map.showsValues = false
    return [NamedFigure("features", map)]
  }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "features", title: "Features at \(site)",
        parts: [
          .text(
            "What an autoencoder's features respond to. The variance that it doesn't explain is "
              + "kept in every edit of features."), .table(summary), .table(table),
          .drawn(figures()), .table(examples),
        ] + (clamping.map { [.table($0.table)] } ?? []))
    ]
  }
}

extension FeatureActivity.Clamping {
  /// The likeliest outputs side by side.
  public var table: ResultTable {
    let set = values.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
    func cells(_ predictions: [Prediction], _ place: Int) -> [String] {
      guard predictions.indices.contains(place) else { return ["", ""] }
      let found = predictions[place]
      return [
        found.token, ResultTable.number(found.probability.map(Double.init), "%.4f"),
      ]
    }
    return ResultTable(
      "Outputs with feature \(set.joined(separator: ", ")).", note: "After “\(text)”.",
      header: ["before", "probability", "after", "probability"],
      rows: (0..<max(before.count, after.count)).map { cells(before, $0) + cells(after, $0) })
  }
}

extension RunResults {
  /// The result of ``FeatureActivity``.
  public var features: FeatureActivity? { self[FeatureActivity.self] }
}

import Foundation
import InterchangeAlignment
import InterchangeFigures
import InterchangeReports

extension AutoencoderTraining: RunResult {
  public static let kind = "autoencoderTraining"

  /// The share of the variance that is explained, and the features that are active.
  public var tables: [ResultTable] {
    func share(_ value: Double?) -> String {
      value.map { String(format: "%.1f %%", 100 * $0) } ?? ResultTable.nothing
    }
    return [
      ResultTable(
        "A sparse autoencoder at \(site).",
        note: "\(fit.features) features of \(fit.width) coordinates, \(fit.sparsity), after "
          + "\(fit.losses.count) steps; without the first \(skipped) positions of each text.",
        header: [
          "variance explained, held out", "of the training", "active at a position",
          "never active", "started anew", "positions", "held-out positions",
        ],
        rows: [
          [
            share(fit.explained), share(fit.trainingExplained),
            String(format: "%.1f", fit.activePerRow), "\(fit.dead) of \(fit.features)",
            "\(fit.revived)", "\(fit.rows)", "\(fit.heldOutRows)",
          ]
        ])
    ]
  }

  /// The loss over the steps.
  public func figures() -> [NamedFigure] {
    var chart = LineChart(losses: fit.losses, title: "A sparse autoencoder at \(site)")
    chart.subtitle = "\(fit.features) features, \(fit.sparsity)"
    chart.yTitle = "loss, in the vectors' variance"
    return [NamedFigure("loss", chart)]
  }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "autoencoder", title: "A sparse autoencoder at \(site)",
        parts: [
          .text(
            "Trained on the vectors of \(texts) texts, and judged by those of \(heldOutTexts) "
              + "others. The variance that it doesn't explain is kept in every edit of features.")
        ] + tables.map(ReportSection.Part.table) + [.drawn(figures())])
    ]
  }

  public var measures: [RunMeasure] {
    [
      RunMeasure("variance explained", fit.explained ?? fit.trainingExplained),
      RunMeasure("active at a position", fit.activePerRow),
      RunMeasure("never active", fit.deadShare),
    ]
  }
}

extension RunResults {
  /// The result of ``AutoencoderTraining``.
  public var autoencoderTraining: AutoencoderTraining? { self[AutoencoderTraining.self] }
}

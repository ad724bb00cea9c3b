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
          + "\(fit.losses.count) steps; without the first \(skipped) positions of each text."
          + (outlying.map { " \($0)" } ?? ""),
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

  /// The positions that were left out, in a sentence; nil in a record of before they were.
  private var outlying: String? {
    guard let training = fit.outlyingRows, let heldOut = fit.outlyingHeldOutRows else { return nil }
    let factor = ResultTable.number(SparseAutoencoderTraining.farthest, "%.0f")
    return "Left out, as more than \(factor) times as far from the geometric median as the median "
      + "position: \(training) positions of the training, \(heldOut) held out."
  }

  /// The loss over the steps, smoothed, with the held-out share that isn't explained.
  public func figures() -> [NamedFigure] {
    let title = "A sparse autoencoder at \(site)"
    let loss = LineChart.Series("training, smoothed", points: LineChart.smoothed(fit.losses))
    var chart = LineChart(series: [loss])
    (chart.title, chart.subtitle) = (title, "\(fit.features) features, \(fit.sparsity)")
    (chart.xTitle, chart.yTitle) = ("step", "loss, in the vectors' variance")
    if let explained = fit.explained,
      let line = LineChart.ReferenceLine("held out, not explained", atNumber: 1 - explained)
    {
      chart.references = [line]
    }
    // The mean alone has a loss of 1: the first steps may be far above, and would press all others
    // into a line.
    let later = loss.points.dropFirst(fit.losses.count / 20).map(\.y)
    let highest = (later + chart.references.map(\.value)).filter(\.isFinite).max() ?? 1
    let top = max(1, 1.1 * highest)
    chart.valueRange = 0...top
    chart.series[0].points.removeAll { $0.y > top }
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

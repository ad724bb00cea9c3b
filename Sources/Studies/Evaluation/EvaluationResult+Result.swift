import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeReports

extension EvaluationResult: RunResult {
  public static let kind = "evaluation"

  public var tables: [ResultTable] { [table] }

  /// The figures of merit, one a line.
  public var table: ResultTable {
    var rows = score.values.map { value in
      [value.metric.rawValue, value.value.map { String(format: "%.4f", $0) } ?? "undefined"]
    }
    rows.append(["right, 95 % interval", score.accuracy.summary])
    rows.append(["without an answer", "\(score.unanswered)"])
    if let perplexity { rows.append(["perplexity", String(format: "%.3f", perplexity)]) }
    return ResultTable(header: [task, mode.rawValue], rows: rows)
  }

  /// The share of right answers, the figures of merit and the loss.
  public var measures: [RunMeasure] {
    [RunMeasure("right", score.accuracy)]
      + score.values.compactMap { value in
        value.value.map { RunMeasure(value.metric.rawValue, $0) }
      } + [RunMeasure("loss", loss)]
  }

  /// The figures of merit with the interval.
  public var sections: [ReportSection] {
    let loss = String(format: "The mean loss is %.4f.", loss)
    return [
      ReportSection(
        kind: "evaluation", title: "\(task): evaluation", parts: [.table(table), .text(loss)],
        terms: [.interval, .perplexity])
    ]
  }
}

extension RunResults {
  /// The result of `EvaluationResult`.
  public var evaluation: EvaluationResult? { self[EvaluationResult.self] }
}

extension ReportTerm {
  /// The perplexity beside a metric.
  static let perplexity = ReportTerm(
    "Perplexity", order: 32,
    "exp of the mean cross-entropy of the right completions’ tokens, or of the right labels.")
}

import InterchangeDatasets
import InterchangeFineTuning
import InterchangeReports

extension MethodComparisons {
  /// A section for each data set.
  public var sections: [ReportSection] {
    comparisons.map { $0.section(isOne: comparisons.count == 1) }
  }
}

extension MethodComparison {
  /// The table of methods, the figures, and every run.
  ///
  /// - Parameter isOne: whether the record has no other comparison
  func section(isOne: Bool) -> ReportSection {
    let isOneMethod = methods.count == 1
    var terms = ReportTerm.comparison
    if metric == Metric.loss.rawValue {
      terms.removeAll { $0 == .constantAnswer || $0 == .interval }
    }
    return ReportSection(
      kind: isOneMethod ? "fine-tuning" : "comparison of methods",
      title: isOneMethod
        ? "\(task): fine-tuning with \(methods[0].name)"
        : "\(task): methods at equal data, steps and seeds",
      parts: [
        .table(table), .drawn(figures(isOne: isOne)),
        .folded("Every run, and the settings", [seedTable, settingsTable]),
      ], terms: terms)
  }
}

extension ReportTerm {
  /// The terms of trained methods.
  fileprivate static let comparison: [ReportTerm] = [
    .constantAnswer, .untuned, .deviation, .interval, .perplexity, .parameters, .memory,
  ]

  /// The model that trained ones are compared with.
  static let untuned = ReportTerm(
    "Untuned", order: 30, "The base model without any adapter, measured in the same way.")

  private static let deviation = ReportTerm(
    "± deviation", order: 31,
    "The sample’s standard deviation over the seeds, which decide initial values and the "
      + "data’s order.")

  /// The size of what is trained.
  static let parameters = ReportTerm(
    "Parameters", order: 33,
    "Numbers that are trained, without a head’s; and their share of the base model’s.")

  private static let memory = ReportTerm(
    "Peak", order: 34, "The program’s largest resident memory during a run, as measured.")
}

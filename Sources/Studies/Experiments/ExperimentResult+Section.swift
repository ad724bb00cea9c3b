import InterchangeReports

extension ExperimentResult {
  /// The sections of each step.
  public var sections: [ReportSection] { steps.flatMap(\.sections) }
}

extension ExperimentStep {
  /// The sections of its results, or one with the measures of its points.
  var sections: [ReportSection] {
    if let joined { return joined.flatMap(\.sections) }
    guard points.count > 1 else {
      let own = points.flatMap { $0.results.sections }
      return own.isEmpty ? [printed] : own
    }
    let own = points.flatMap { point in
      point.results.all.flatMap(\.tables).map { table in
        var table = table
        table.title = "\(point.difference). \(table.title)"
        return table
      }
    }
    let terms = points.first.map { $0.results.sections.flatMap(\.terms) } ?? []
    let options = (points.first?.options ?? []).filter { !$0.varies }
    let text =
      "\(points.count) runs of `\(points[0].command)` over \(axes.joined(separator: " × "))"
      + (options.isEmpty
        ? "."
        : "; "
          + options.map { "\($0.name) \($0.values.joined(separator: " "))" }
          .joined(separator: ", ") + ".")
    return [
      ReportSection(
        kind: name, title: "\(name): \(points.count) points",
        parts: [
          .text(text), .table(hasSeeds ? seedTable ?? pointTable : pointTable), .drawn(figures()),
          .folded("Every point in numbers", (hasSeeds ? [pointTable] : []) + own),
        ], terms: terms)
    ]
  }

  /// The section of a command that records nothing.
  private var printed: ReportSection {
    ReportSection(
      kind: name, title: name,
      parts: (points.first?.output ?? "").split(separator: "\n").map { .text(String($0)) })
  }
}

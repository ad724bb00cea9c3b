import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension MIBStudy: RunResult {
  public static let kind = "mib"

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "mib", title: "MIB: which method finds a variable",
        parts: [
          .text(
            "A part of the vector is taken from a counterfactual source; the answer should become "
              + "the one that the causal model gives."),
          .drawn(figures()), .table(table),
        ] + remarks.map { .text($0 + ".") } + tables.dropFirst().map { .table($0) },
        terms: [.interval, .constantAnswer])
    ]
  }

  public var measures: [RunMeasure] {
    rows.flatMap { row in
      row.methods.compactMap { method in
        method.cause(.test).map {
          RunMeasure("\(row.task), \(row.variable), \(method.title): accuracy", $0.value)
        }
      }
    }
  }
}

extension RunResults {
  /// The result of ``MIBStudy``.
  public var mib: MIBStudy? { self[MIBStudy.self] }
}

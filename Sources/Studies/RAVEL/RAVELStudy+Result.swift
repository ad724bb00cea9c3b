import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension RAVELStudy: RunResult {
  public static let kind = "ravel"

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "ravel", title: "RAVEL: which method tells attributes apart",
        parts: [
          .text(
            "A swap at \(site) should bring the source’s value of one attribute (Cause) and leave "
              + "the base’s other attributes as they are (Iso)."),
          .drawn(figures()), .table(table),
        ] + remarks.map { .text($0 + ".") }
          + tables.dropFirst().map { .table($0) },
        terms: [.interval, .constantAnswer, .disentangle, .isolation])
    ]
  }

  public var measures: [RunMeasure] {
    methods.flatMap { method in
      AttributePairs.Part.held.compactMap { part in
        method.scores(part).map {
          RunMeasure("\(method.title), \(part.title): Disentangle", $0.disentangle.value)
        }
      }
    }
  }
}

extension RunResults {
  /// The result of ``RAVELStudy``.
  public var ravel: RAVELStudy? { self[RAVELStudy.self] }
}

extension ReportTerm {
  fileprivate static let disentangle = ReportTerm(
    "Disentangle", order: 41,
    "The mean of Cause and Iso (RAVEL, arXiv 2402.17700). A swap of nothing has 0.5, and so has "
      + "one of everything that works.")

  fileprivate static let isolation = ReportTerm(
    "Cause, Iso", order: 40,
    "Cause: the base asks for the attribute, and the answer becomes the source’s value. Iso: the "
      + "base asks for another attribute, and the answer stays the base’s.")
}

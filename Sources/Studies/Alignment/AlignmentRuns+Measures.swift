import InterchangeAlignment

extension AlignmentRuns {
  /// The held-out accuracy with its verdict, then the controls'; of several subspaces each one's
  /// held-out accuracy.
  public var measures: [RunMeasure] {
    guard runs.count == 1, let run = runs.first else {
      return runs.map {
        RunMeasure("IIA at \($0.report.site)", $0.report.test, remark: $0.verdictTitle)
      }
    }
    return [RunMeasure("IIA", run.report.test, remark: run.verdictTitle)]
      + run.report.controls.map { RunMeasure($0.title, $0.iia) }
  }

  /// Fits of one variable at one site by rank, with the controls of each.
  public static func joined(_ results: [AlignmentRuns]) -> AlignmentRuns? {
    let runs = results.flatMap(\.runs)
    let names = Set(runs.map { "\($0.task) \($0.variable) \($0.report.site)" })
    guard names.count == 1, runs.allSatisfy(\.isFitted),
      Set(runs.map(\.report.rank)).count == runs.count
    else { return nil }
    return AlignmentRuns(runs)
  }
}

extension AlignmentRun {
  fileprivate var verdictTitle: String { report.verdict?.title ?? "" }
}

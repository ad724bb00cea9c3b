import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension AlignmentReport {
  /// The accuracies with their controls: name, accuracy, interval, n, and of a fit its verdict.
  ///
  /// - Parameter isFitted: whether DAS fitted the subspace on the training pairs; otherwise it was
  ///   given
  public func table(isFitted: Bool = true) -> ResultTable {
    let named = accuracies(isFitted: isFitted)
    let table = ResultTable(
      header: ["", "IIA", "95 % interval", "n"], rows: named.map { [$0.name] + $0.accuracy.cells })
    guard let verdict else { return table }
    return table.adding(
      "verdict", [verdict.title] + Array(repeating: "", count: named.count - 1))
  }

  /// The accuracies with their names: the subspace's, then the controls'.
  fileprivate func accuracies(isFitted: Bool) -> [(name: String, accuracy: Accuracy)] {
    let own =
      isFitted
      ? [("\(methodTitle), held out", test), ("\(methodTitle), train", train)]
      : [("its subspace", test), ("its subspace, other pairs", train)]
    return own + controls.map { ($0.title, $0.iia) }
  }

  /// The rank, or of a mask the number of open gates.
  var size: String {
    guard let mask else { return "rank \(rank)" }
    return "\(mask.openCount) of \(mask.count) \(mask.unit.rawValue)"
  }

  /// The method in words: DAS unless the report says another.
  var methodTitle: String { method ?? "DAS" }

  /// The self-swap's change, in a cell.
  var selfSwapCell: String {
    guard let change = control(.selfSwap)?.largestChange else { return ResultTable.nothing }
    return change == 0 ? "no change" : "changes logits by \(change)"
  }

  /// A control's accuracy in a cell; of the self-swap its change.
  func cell(_ kind: ControlKind) -> String {
    kind == .selfSwap ? selfSwapCell : control(kind)?.iia.cell ?? ResultTable.nothing
  }
}

extension ControlKind {
  /// The control's name in words: `self swap`.
  public var title: String { Self.title(rawValue) }

  fileprivate static func title(_ name: String) -> String { name.replacing("_", with: " ") }
}

extension ControlResult {
  /// The control's name in words.
  var title: String { ControlKind.title(name) }
}

extension AlignmentRuns {
  /// All ranks in one table, where DAS fitted several; otherwise each run's own.
  public var tables: [ResultTable] {
    guard runs.count > 1, runs.allSatisfy(\.isFitted) else { return runs.map(\.table) }
    return [table]
  }

  /// Every accuracy in a row of its own, with all digits.
  public var dataTables: [ResultTable] {
    let rows = runs.flatMap { run in
      run.report.accuracies(isFitted: run.isFitted).map { name, accuracy in
        [run.report.site, "\(run.report.rank)", name, "\(accuracy.correct)", "\(accuracy.n)"]
          + ([accuracy.value] + accuracy.interval).map(ResultTable.exact)
          + [run.report.verdict?.title ?? ""]
      }
    }
    return [
      ResultTable(
        header: ["site", "rank", "measure", "correct", "n", "IIA", "low", "high", "verdict"],
        rows: rows)
    ]
  }

  /// Fits of one variable by rank, each beside its controls.
  public var table: ResultTable {
    let controls = ControlKind.allCases.filter { kind in
      // The illusion test is one of few sites.
      ![.rowSpace, .nullSpace].contains(kind) || runs.contains { $0.report.control(kind) != nil }
    }
    let check = runs.first?.check.map { ", of \($0.pairs) held-out pairs \($0.kept) solved" } ?? ""
    let note = runs.first.map { first in
      "Interchange intervention accuracy at \(first.report.site), \(first.disjoint) disjoint"
        + check + ", n = \(first.report.test.n)."
    }
    let areJudged = runs.contains { $0.report.verdict != nil }
    return ResultTable(
      runs.first.map { "\($0.task): \($0.variable)." } ?? "", note: note ?? "",
      header: ["rank", "\(runs.first?.report.methodTitle ?? "DAS"), held out"]
        + (areJudged ? ["verdict"] : []) + controls.map(\.title),
      rows: runs.map { run in
        ["\(run.report.rank)", run.report.test.cell]
          + (areJudged ? [run.report.verdict?.title ?? ResultTable.nothing] : [])
          + controls.map(run.report.cell)
      })
  }
}

extension AlignmentRun {
  /// The site and the rank, or the number of open gates, in a line.
  public var heading: String { "\(task): \(variable) at \(report.site), \(report.size)" }

  /// The accuracies with their controls.
  public var table: ResultTable { report.table(isFitted: isFitted) }

  /// The finding and the verdict with its reason, where there is one.
  public var remarks: [String] {
    let notes = (report.notes ?? []) + (report.divergence.map { [$0.line] } ?? [])
    guard let verdict = report.verdict else { return notes }
    return notes + ["verdict: \(verdict.title): " + (report.verdictReason ?? "")]
  }
}

extension ActivationDivergence {
  /// The distances in a line.
  public var line: String {
    func text(_ distance: Distance) -> String {
      String(
        format: "%.3g (natural ones %.3g; a share of %.2f beyond 95 %% of these)", distance.patched,
        distance.natural, distance.beyond)
    }
    return "divergence: to the nearest natural vector \(text(nearest)); Mahalanobis "
      + text(mahalanobis)
  }
}

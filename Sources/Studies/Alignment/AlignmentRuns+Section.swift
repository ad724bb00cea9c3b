import Foundation
import InterchangeAlignment
import InterchangeReports

extension AlignmentRuns {
  /// All runs together where there are several, then each with its controls.
  public var sections: [ReportSection] {
    guard let first = runs.first else { return [] }
    let details = runs.map { run in
      var table = run.report.explainedTable(isFitted: run.isFitted)
      table.title = "\(run.report.site), \(run.report.size)."
      table.note = run.report.fitLine
      return table
    }
    let pairs = "Pairs to fit on and pairs to judge by share no \(first.disjoint)."
    let text =
      if let method = first.report.method {
        "A search by \(method) for what carries \(first.variable) at \(first.report.site): swapped "
          + "between base and source, it is to change the answer as \(first.variable) does in the "
          + "high-level model. \(pairs)"
      } else if first.isFitted {
        "Distributed alignment search: the rotation of the vector at \(first.report.site) is "
          + "learned whose first coordinates, swapped between base and source, change the answer as "
          + "\(first.variable) does in the high-level model. \(pairs)"
      } else {
        "The subspaces that a trained adapter writes to, swapped in the base model without the "
          + "adapter: do they carry \(first.variable)?"
      }
    var parts: [ReportSection.Part] = [.text(text)]
    if let check = first.check { parts.append(.table(check.table)) }
    parts += runs.flatMap(\.choices).map(ReportSection.Part.table)
    if runs.count > 1, first.isFitted {
      parts += [.table(table), .drawn(figures()), .folded("Every rank", details)]
    } else {
      parts += details.map(ReportSection.Part.table) + [.drawn(figures())]
    }
    return [
      ReportSection(
        kind: first.isFitted ? "subspace" : "adapter’s subspaces",
        title: first.isFitted
          ? "\(first.task): the subspace of \(first.variable)"
          : "\(first.task): \(first.variable) in the adapter’s subspaces",
        parts: parts,
        terms: ReportTerm.alignment + (first.check == nil ? [] : [.constantAnswer])
          + (runs.contains { $0.report.verdict != nil } ? [.verdict] : [])
          + (runs.contains { $0.report.control(.rowSpace) != nil } ? [.illusion] : [])
          + (runs.contains { $0.report.hasDivergence } ? [.divergence] : []))
    ]
  }
}

extension AlignmentReport {
  /// True where the distance of patched activations was measured.
  fileprivate var hasDivergence: Bool { divergence != nil || siteDivergences != nil }

  /// The table with a word on each line about what it is.
  func explainedTable(isFitted: Bool) -> ResultTable {
    let own =
      isFitted
      ? ["the learned subspace, pairs that the fit did not see", "the pairs of the fit"]
      : ["", ""]
    return table(isFitted: isFitted).adding("what it is", own + controls.map(\.explanation))
  }

  /// The verdict and the end of the fit, in a line.
  var fitLine: String {
    let judged = verdict.map {
      "Verdict: \($0.title)" + (verdictReason.map { " (\($0)). " } ?? ". ")
    }
    let evidence = (notes ?? []) + (divergence.map { [$0.line] } ?? [])
    let fit =
      evidence.map { $0 + ". " }.joined() + (judged ?? "")
      + (steps > 0
        ? String(format: "%d steps, last loss %.4f (mean of ten); ", steps, finalLoss) : "")
    guard method == nil || orthonormalityError > 0 else { return fit }
    return fit + String(format: "‖RRᵀ − I‖∞ = %.1e.", Double(orthonormalityError))
  }
}

extension ControlResult {
  /// The note, with the findings beside the accuracy.
  fileprivate var explanation: String {
    if let largestChange { return "\(note); found \(largestChange)" }
    guard let each, let least = each.min(), let most = each.max() else { return note }
    return note + String(format: "; each between %.3f and %.3f", least, most)
  }
}

import Foundation
import InterchangeAlignment

extension EqualityExperiment {
  /// The paper's table with its figure, and every line's numbers.
  var section: ReportSection {
    let details = lines.map { line in
      var table = line.report.explainedTable(isFitted: true)
      table.title = "\(line.variable), hidden layer \(line.layer)."
      table.note = line.report.fitLine
      return table
    }
    return ReportSection(
      kind: "hierarchical equality", title: "Hierarchical equality",
      parts: [
        .text(
          "A perceptron is trained to tell whether two equalities agree; then each variable of the "
            + "high-level model is sought in each hidden layer."), .table(table),
        .drawn(figures()), .folded("Every line with its controls", details),
      ], terms: ReportTerm.alignment)
  }
}

extension AlignmentRun {
  /// Runs of one record: all together where there are several, then each with its controls.
  static func section(_ runs: [AlignmentRun], areFitted: Bool) -> ReportSection {
    let first = runs[0]
    let details = runs.map { run in
      var table = run.report.explainedTable(isFitted: areFitted)
      table.title = "\(run.report.site), rank \(run.report.rank)."
      table.note = run.report.fitLine
      return table
    }
    let text =
      areFitted
      ? "Distributed alignment search: the rotation of the vector at \(first.report.site) is "
        + "learned whose first coordinates, swapped between base and source, change the answer as "
        + "\(first.variable) does in the high-level model. Pairs to fit on and pairs to judge by "
        + "share no \(first.disjoint)."
      : "The subspaces that a trained adapter writes to, swapped in the base model without the "
        + "adapter: do they carry \(first.variable)?"
    var parts: [ReportSection.Part] = [.text(text)]
    if let check = first.check { parts.append(.table(check.table)) }
    if runs.count > 1, areFitted {
      parts += [.table(table(runs)), .drawn(figures(runs)), .folded("Every rank", details)]
    } else {
      parts += details.map(ReportSection.Part.table) + [.drawn(figures(runs))]
    }
    return ReportSection(
      kind: areFitted ? "subspace" : "adapter’s subspaces",
      title: areFitted
        ? "\(first.task): the subspace of \(first.variable)"
        : "\(first.task): \(first.variable) in the adapter’s subspaces",
      parts: parts, terms: ReportTerm.alignment + (first.check == nil ? [] : [.constantAnswer]))
  }
}

extension AlignmentReport {
  /// The table with a word on each line: what it is, and what its accuracy doesn't tell.
  fileprivate func explainedTable(isFitted: Bool) -> ResultTable {
    let own =
      isFitted
      ? ["the learned subspace, pairs that the fit did not see", "the pairs of the fit"]
      : ["", ""]
    return table(isFitted: isFitted).adding("what it is", own + controls.map(\.explanation))
  }

  /// How the fit ended.
  fileprivate var fitLine: String {
    let fit =
      steps > 0 ? String(format: "%d steps, last loss %.4f (mean of ten); ", steps, finalLoss) : ""
    return fit + String(format: "‖RRᵀ − I‖∞ = %.1e.", Double(orthonormalityError))
  }
}

extension ControlResult {
  /// The note, with what was found beside the accuracy.
  fileprivate var explanation: String {
    if let largestChange { return "\(note); found \(largestChange)" }
    guard let each, let least = each.min(), let most = each.max() else { return note }
    return note + String(format: "; each between %.3f and %.3f", least, most)
  }
}

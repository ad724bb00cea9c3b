import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeInterventions

extension AlignmentReport {
  /// The accuracies with their controls: name, accuracy, interval, n.
  ///
  /// - Parameter isFitted: whether DAS fitted the subspace on the training pairs; otherwise it was
  ///   given
  public func table(isFitted: Bool = true) -> ResultTable {
    let own =
      isFitted
      ? [("DAS, held out", test), ("DAS, train", train)]
      : [("its subspace", test), ("its subspace, other pairs", train)]
    let named = own + controls.map { ($0.title, $0.iia) }
    return ResultTable(
      header: ["", "IIA", "95 % interval", "n"], rows: named.map { [$0] + $1.cells })
  }

  /// The rows of the table: name, accuracy, interval, n.
  public var lines: [[String]] { table().rows }

  /// What the self-swap changed, in a cell.
  var selfSwapCell: String {
    guard let change = control(.selfSwap)?.largestChange else { return ResultTable.nothing }
    return change == 0 ? "no change" : "changes logits by \(change)"
  }

  /// A control's accuracy in a cell, of the self-swap what it changed.
  fileprivate func cell(_ kind: ControlKind) -> String {
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

extension AlignmentRun {
  /// Fits of one variable by rank, each beside its controls.
  public static func table(_ runs: [AlignmentRun]) -> ResultTable {
    let controls = ControlKind.allCases
    let check = runs.first?.check.map { ", of \($0.pairs) held-out pairs \($0.kept) solved" } ?? ""
    let note = runs.first.map { first in
      "Interchange intervention accuracy at \(first.report.site), \(first.disjoint) disjoint"
        + check + ", n = \(first.report.test.n)."
    }
    return ResultTable(
      runs.first.map { "\($0.task): \($0.variable)." } ?? "", note: note ?? "",
      header: ["rank", "DAS, held out"] + controls.map(\.title),
      rows: runs.map { run in
        ["\(run.report.rank)", run.report.test.cell] + controls.map(run.report.cell)
      })
  }
}

extension EqualityExperiment {
  /// The paper's table: each variable in each layer, beside its controls.
  public var table: ResultTable {
    let controls: [ControlKind] = [.randomSubspaces, .principalComponents, .randomModel, .selfSwap]
    return ResultTable(
      "Hierarchical equality.",
      note: "DAS on a perceptron (accuracy \(networkAccuracy.summary)), 8 dimensions"
        + " swapped in all, n = \(lines.first?.report.test.n ?? 0); chance is 0.50.",
      header: [
        "variable", "hidden layer", "published", "IIA, held out", "random subspaces", "PCA",
        "random model", "self-swap",
      ],
      rows: lines.map { line in
        [line.variable, "\(line.layer)", line.published ?? ResultTable.nothing]
          + [line.report.test.cell] + controls.map(line.report.cell)
      })
  }
}

extension SweepRun {
  /// Where each of several components or heads has its highest accuracy.
  public static func bestCells(_ runs: [SweepRun]) -> ResultTable {
    ResultTable(
      "The best cell of each.",
      note: "The highest of all cells, found on the pairs that it is measured on.",
      header: ["place", "layer", "position", "IIA", "n", "logit difference"],
      rows: runs.map { run in
        let (cell, result) = (run.bestCell, run.result)
        let accuracy = result.cells[cell.row][cell.column]
        return [
          run.place, "\(result.layers[cell.row])",
          "\(result.positions[cell.column]) (\(run.positionLabels[cell.column]))", accuracy.cell,
          "\(accuracy.n)",
          numberCell(accuracy.logitDifference, "%.2f"),
        ]
      })
  }

  /// Accuracies by layer and position.
  public var table: ResultTable {
    tabulated { String(format: "%.2f", $0.value) }
  }

  /// Something of every cell by layer and position.
  func tabulated(_ cell: (Accuracy) -> String) -> ResultTable {
    ResultTable(
      header: ["layer"] + positionLabels,
      rows: zip(result.layers, result.cells).map { ["\($0)"] + $1.map(cell) })
  }
}

extension TaskExamples.Check {
  /// One line for a reader.
  public var line: String {
    String(
      format: "the model solves %.1f %% of bases, %.1f %% of sources; %d of %d pairs kept"
        + " (%d unsolved, %d not aligned)", 100 * baseAccuracy.value, 100 * sourceAccuracy.value,
      kept, pairs, droppedUnsolved, droppedUnaligned)
  }

  /// What the model does with the pairs when nothing is swapped, and what a constant answer would
  /// reach.
  public var table: ResultTable {
    var rows = [
      ["bases answered rightly"] + baseAccuracy.cells,
      ["sources answered rightly"] + sourceAccuracy.cells,
    ]
    let (most, all) = (labels.values.max() ?? 0, labels.values.reduce(0, +))
    if most > 0, all >= most {
      rows.append(["the most frequent answer alone"] + Accuracy(correct: most, n: all).cells)
    }
    return ResultTable(
      "The pairs.",
      note: "Of \(pairs) pairs \(kept) were kept: \(droppedUnsolved) the model doesn't solve,"
        + " \(droppedUnaligned) have bases and sources of different lengths.",
      header: ["nothing swapped", "share", "95 % interval", "n"], rows: rows)
  }
}

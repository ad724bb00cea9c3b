import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension SweepRuns {
  /// One sweep with all its cells, or several side by side with the best cell of each.
  public var sections: [ReportSection] {
    guard let first = runs.first else { return [] }
    guard runs.count > 1 else { return [first.section] }
    return [
      ReportSection(
        kind: "sweep",
        title: "\(first.title) at \(runs.count) places",
        parts: [
          .text(
            "At each layer and position the whole vector of the base at each place "
              + first.deed + (first.windowNote ?? "")), .table(first.check.table),
          .table(bestCells),
          .drawn(figures()),
          .folded("Every cell in numbers", runs.flatMap { $0.cellTables(isOne: false) }),
        ], terms: ReportTerm.sweep + first.metricTerms)
    ]
  }
}

extension ReportTerm {
  fileprivate static let sweep: [ReportTerm] = [.iia, .interval, .logitDifference, .constantAnswer]

  private static let logitDifference = ReportTerm(
    "Logit difference", order: 13,
    "The counterfactual answer’s logit minus the largest other answer’s, the mean over the "
      + "pairs. Above 0 the swapped representation decides the answer.")
}

extension Figure {
  /// Tells whether no cell of a map is outlined.
  fileprivate var marksNothing: Bool { (self as? Heatmap)?.markedCells.isEmpty ?? true }
}

extension SweepRun {
  /// The heatmaps, the best cell, and every number by layer and position.
  fileprivate var section: ReportSection {
    let measured = maps.filter { !$0.isAccuracy }
    func describe(_ cell: Heatmap.Cell) -> String {
      measured.reduce(self.describe(cell)) { text, map in
        text + ", \(map.metric) \(map.details[cell.row][cell.column])"
      }
    }
    let cells = result.layers.indices.map { row in
      result.positions.indices.map { describe(Heatmap.Cell(row: row, column: $0)) }
    }
    var drawn = figures().map { ReportFigure($0.figure, cells: cells, firstCell: bestCell) }
    for index in drawn.indices where !drawn[index].figure.marksNothing {
      drawn[index].remark = "The outlined cell is the highest."
    }
    return ReportSection(
      kind: "sweep", title: "\(title) over layer and position",
      parts: [
        .text(
          "At each layer and position the whole vector of \(place) of the base "
            + "\(deed)\(windowNote ?? "") Highest at \(describe(bestCell))."),
        .table(check.table),
        .figures(drawn), .folded("Every cell in numbers", cellTables(isOne: true)),
      ], terms: ReportTerm.sweep + metricTerms)
  }

  /// Every cell's accuracy and logit difference.
  fileprivate func cellTables(isOne: Bool) -> [ResultTable] {
    let prefix = isOne ? "" : place + ": "
    var accuracies = tabulated { hasOneSize ? $0.cell : "\($0.cell) n=\($0.n)" }
    accuracies.title =
      prefix + (isOne ? "Interchange" : "interchange")
      + " intervention accuracy with its 95 % interval."
    if hasOneSize { accuracies.note = "n = \(result.cells[0][0].n) in every cell." }
    var differences = tabulated { ResultTable.number($0.logitDifference, "%.2f") }
    differences.title = prefix + (isOne ? "Mean" : "mean") + " logit difference."
    let others = maps.filter { !$0.isAccuracy }.map { map in
      var table = tabulated(map.details)
      (table.title, table.note) = (prefix + map.title + ".", map.size + ".")
      return table
    }
    return [accuracies, differences] + others
  }

  /// The metrics beside the accuracy.
  fileprivate var metricTerms: [ReportTerm] {
    (result.measures ?? []).map { ReportTerm($0.title, order: 15, $0.definition) }
  }

  /// Tells whether all cells were measured on equally many pairs.
  private var hasOneSize: Bool { Set(result.cells.joined().map(\.n)).count == 1 }

  /// A cell in words: `layer 10, position 2 (␣key): 0.94 [0.72, 0.99], n = 16, logit difference
  /// 3.10`.
  private func describe(_ cell: Heatmap.Cell) -> String {
    let accuracy = result.cells[cell.row][cell.column]
    let difference = accuracy.logitDifference.map { String(format: ", logit difference %.2f", $0) }
    return "layer \(result.layers[cell.row]), position \(result.positions[cell.column])"
      + " (\(positionLabels[cell.column])): IIA \(accuracy.cell), n = \(accuracy.n)"
      + (difference ?? "")
  }
}

import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension SweepRuns {
  /// Accuracies by layer and position; of several sweeps the best cell of each.
  public var tables: [ResultTable] { runs.count == 1 ? [runs[0].table] : [bestCells] }

  /// The cell of the highest accuracy of each component or head.
  public var bestCells: ResultTable {
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
          "\(accuracy.n)", ResultTable.number(accuracy.logitDifference, "%.2f"),
        ]
      })
  }
}

extension SweepRun {
  /// Accuracies by layer and position.
  public var table: ResultTable {
    tabulated { ResultTable.number($0.value, "%.2f") }
  }

  /// Something of every cell by layer and position.
  func tabulated(_ cell: (Accuracy) -> String) -> ResultTable {
    ResultTable(
      header: ["layer"] + positionLabels,
      rows: zip(result.layers, result.cells).map { ["\($0)"] + $1.map(cell) })
  }
}

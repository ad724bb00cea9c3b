import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures

extension SweepRuns {
  /// The highest accuracy of each place.
  public var measures: [RunMeasure] {
    runs.map { run in
      let (cell, result) = (run.bestCell, run.result)
      return RunMeasure(
        runs.count == 1 ? "highest IIA" : "highest IIA at \(run.place)",
        result.cells[cell.row][cell.column],
        remark: "layer \(result.layers[cell.row]), \(run.positionLabels[cell.column])")
    }
  }
}

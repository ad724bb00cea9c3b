import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension SweepRuns {
  /// Each metric by layer and position; of several sweeps the best cell of each.
  public var tables: [ResultTable] {
    guard let first = runs.first else { return [] }
    guard runs.count > 1 else { return first.tables }
    return first.maps.indices.map { index in
      first.maps[index].isAccuracy ? bestCells : largestCells(index)
    }
  }

  /// Every cell in a row of its own, with all digits.
  public var dataTables: [ResultTable] {
    guard let first = runs.first else { return [] }
    let measures = first.result.measures ?? []
    return [
      ResultTable(
        header: ["place", "layer", "position", "token", "n"]
          + ["", " low", " high"].map { InterchangeAccuracyMetric().name + $0 }
          + ["lead of the label"]
          + measures.flatMap { map in ["", " low", " high", " n"].map { map.metric + $0 } },
        rows: runs.flatMap(\.dataRows))
    ]
  }

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

  /// The cell of each component's or head's largest value of a metric.
  private func largestCells(_ index: Int) -> ResultTable {
    let title = runs[0].maps[index].title
    return ResultTable(
      "The largest cell of each: \(title).",
      note: "The largest of all cells, found on the pairs that it is measured on.",
      header: ["place", "layer", "position", runs[0].maps[index].metric, "n"],
      rows: runs.map { run in
        let (map, result) = (run.maps[index], run.result)
        let cell = map.largest
        return [
          run.place, "\(result.layers[cell.row])",
          "\(result.positions[cell.column]) (\(run.positionLabels[cell.column]))",
          map.details[cell.row][cell.column], "\(map.counts[cell.row][cell.column])",
        ]
      })
  }
}

extension SweepRun {
  /// Accuracies by layer and position.
  public var table: ResultTable {
    tabulated { ResultTable.number($0.value, "%.2f") }
  }

  /// Each metric by layer and position.
  var tables: [ResultTable] {
    maps.map { map in
      var table = tabulated(map.values.map { $0.map { $0.isNaN ? ResultTable.nothing : $0.cell } })
      let constant =
        map.isAccuracy
        ? constantAnswer.map { "; the most frequent answer alone: \($0.cell)" } ?? "" : ""
      (table.title, table.note) = ("\(task): \(map.title).", "\(place), \(map.size)\(constant).")
      return table
    }
  }

  /// Something of every cell by layer and position.
  func tabulated(_ cell: (Accuracy) -> String) -> ResultTable {
    tabulated(result.cells.map { $0.map(cell) })
  }

  /// Words for every cell by layer and position.
  func tabulated(_ cells: [[String]]) -> ResultTable {
    ResultTable(
      header: ["layer"] + positionLabels,
      rows: zip(result.layers, cells).map { ["\($0)"] + $1 })
  }

  fileprivate var dataRows: [[String]] {
    result.layers.indices.flatMap { row in
      result.positions.indices.map { column in
        let cell = result.cells[row][column]
        let measured = (result.measures ?? []).flatMap { map -> [String] in
          let value = map.cells[row][column]
          let ends = value.interval.map { [$0[0], $0[1]].map(ResultTable.exact) } ?? ["", ""]
          return [value.value.map(ResultTable.exact) ?? ""] + ends + ["\(value.n)"]
        }
        return [
          place, "\(result.layers[row])", result.positions[column], positionLabels[column],
          "\(cell.n)",
        ] + ([cell.value] + cell.interval).map(ResultTable.exact)
          + [cell.logitDifference.map(ResultTable.exact) ?? ""] + measured
      }
    }
  }
}

extension Double {
  /// Two decimals, in a cell.
  fileprivate var cell: String { ResultTable.number(self, "%.2f") }
}

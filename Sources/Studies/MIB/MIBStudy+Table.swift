import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension MIBStudy {
  public var tables: [ResultTable] {
    [table, pairTable] + [omissionTable].compactMap { $0 } + rows.flatMap(layerTables)
  }

  /// The choice of a variable's layers.
  private func layerTables(_ row: Row) -> [ResultTable] {
    [ResultTable(choiceOfLayer: row.choice), ResultTable(layersOf: row.methods)]
      .compactMap { table in
        table.map {
          var table = $0
          table.title =
            "\(row.title): \(table.title.prefix(1).lowercased())\(table.title.dropFirst())"
          return table
        }
      }
  }

  /// Each method's interchange accuracy on each variable.
  public var table: ResultTable {
    ResultTable(
      "MIB: interchange intervention accuracy.",
      note: "On test pairs. Size: dimensions or features that are swapped.",
      header: [
        "task", "variable", "site", "method", "size", "accuracy", "95 % interval", "±",
        "random model", "self swap", "seconds",
      ],
      rows: rows.flatMap { row in
        row.methods.map { cells($0, of: row) } + [constantCells(row)]
      })
  }

  private func cells(_ method: AttributeMethodScores, of row: Row) -> [String] {
    let score = method.cause(.test)
    return [
      row.task, row.variable, method.site ?? row.site, method.title,
      method.runs.flatMap { $0.swaps.map { "\($0.size)" } }.joined(separator: ", "),
      number(score?.value),
      score.map { String(format: "[%.2f, %.2f]", $0.interval[0], $0.interval[1]) }
        ?? ResultTable.nothing,
      method.runs.count > 1 ? number(score?.deviation) : ResultTable.nothing,
      number(method.randomCause(.test)?.value), String(format: "%g", method.selfSwapChange),
      String(format: "%.0f", method.seconds),
    ]
  }

  private func constantCells(_ row: Row) -> [String] {
    let none = ResultTable.nothing
    return [
      row.task, row.variable, none, "most frequent label", none, number(row.constantAnswer), none,
      none, none, none, none,
    ]
  }

  /// The model's answers without a swap, and the pairs that are left.
  public var pairTable: ResultTable {
    func summary(_ check: TaskExamples.Check) -> String {
      check.baseAccuracy?.summary ?? ResultTable.nothing
    }
    return ResultTable(
      "The pairs.",
      note:
        "Bases that the model answers rightly, and pairs that are left of those drawn: base and "
        + "source are answered rightly.",
      header: ["task", "variable", "right", "to fit on", "to measure on"],
      rows: rows.map { row in
        [
          row.task, row.variable, summary(row.test), "\(row.train.kept) of \(row.train.pairs)",
          "\(row.test.kept) of \(row.test.pairs)",
        ]
      })
  }

  private var omissionTable: ResultTable? {
    omissions.isEmpty
      ? nil
      : ResultTable(
        "Left out.", header: ["task", "variable", "reason"],
        rows: omissions.map { [$0.task, $0.variable, $0.reason] })
  }

  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: [
          "task", "variable", "site", "method", "seed", "size", "accuracy", "n", "randomModel",
        ],
        rows: rows.flatMap { row in
          row.methods.flatMap { method in
            method.runs.flatMap { dataRows($0, isRandom: false, method, row) }
              + (method.randomModel.map { dataRows($0, isRandom: true, method, row) } ?? [])
          }
        })
    ]
  }

  private func dataRows(
    _ run: AttributeMethodScores.Run, isRandom: Bool, _ method: AttributeMethodScores,
    _ row: Row
  ) -> [[String]] {
    run.parts.flatMap(\.attributes).map { report in
      [
        row.task, row.variable, method.site ?? row.site, method.name, "\(run.seed)",
        run.swaps.first.map { "\($0.size)" } ?? ResultTable.nothing,
        report.cause.map { "\($0.value)" } ?? ResultTable.nothing,
        report.cause.map { "\($0.n)" } ?? ResultTable.nothing, "\(isRandom)",
      ]
    }
  }

  /// Remarks that belong to the numbers, a sentence each.
  public var remarks: [String] {
    rows.flatMap { row -> [String] in
      var remarks: [String] = []
      if row.isUnsolved {
        remarks.append(
          "\(row.title): the model answers no more bases rightly than the most frequent label "
            + "would, so what is left is left by chance")
      }
      for method in row.methods {
        if method.selfSwapChange != 0 {
          remarks.append(
            "\(row.title), \(method.title): swapping bases with themselves changes logits: a "
              + "defect")
        }
        let notes = Set(method.runs.flatMap { $0.swaps.compactMap(\.note) }).sorted()
        if !notes.isEmpty {
          remarks.append("\(row.title), \(method.title): " + notes.joined(separator: "; "))
        }
      }
      return remarks
    }
  }

  private func number(_ value: Double?) -> String { ResultTable.number(value, "%.3f") }
}

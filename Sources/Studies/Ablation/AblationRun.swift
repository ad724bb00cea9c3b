import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeModels
import InterchangeReports

/// An ablation of a model's parts on a task.
public struct AblationRun: RunResult {
  public static let kind = "ablation"

  /// The task's name.
  public let task: String
  /// The variable in which the two answers of a pair differ.
  public let variable: String
  /// The outcomes.
  public let result: AblationResult

  /// An ablation on a task.
  public init(task: String, variable: String, result: AblationResult) {
    (self.task, self.variable, self.result) = (task, variable, result)
  }

  /// The parts whose ablation changes the logit difference most.
  public var tables: [ResultTable] { [table()] }

  /// The parts whose ablation changes the logit difference most.
  ///
  /// - Parameter count: how many
  public func table(_ count: Int = 12) -> ResultTable {
    let ranked = rows.sorted { abs($0.change) > abs($1.change) }
    return ResultTable(
      "\(task): what ablation (\(result.intervention)) changes.",
      note: note,
      header: ["layer", "part", "logit difference", "change", "own answer", "n"],
      rows: [
        ["–", "nothing", cell(result.unchanged), "", result.unchanged.accuracy.cell, size]
      ]
        + ranked.prefix(count).map { row in
          [
            "\(result.layers[row.layer])", result.parts[row.part].name, cell(row.cell),
            ResultTable.number(row.change, "%+.2f"), row.cell.accuracy.cell,
            "\(row.cell.accuracy.n)",
          ]
        })
  }

  /// Every part in a row of its own, with all digits.
  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: [
          "layer", "component", "head", "n", "own answer", "own answer low", "own answer high",
          "logit difference", "low", "high", "change",
        ],
        rows: result.layers.indices.flatMap { row in
          result.parts.indices.map { column in
            let (cell, part) = (result.cells[row][column], result.parts[column])
            let ends = cell.logitDifference.interval.map { $0.map(ResultTable.exact) } ?? ["", ""]
            return [
              "\(result.layers[row])", part.component.rawValue, part.head.map(String.init) ?? "",
              "\(cell.accuracy.n)",
            ] + ([cell.accuracy.value] + cell.accuracy.interval).map(ResultTable.exact)
              + [cell.logitDifference.value.map(ResultTable.exact) ?? ""] + ends
              + [result.change(layer: row, part: column).map(ResultTable.exact) ?? ""]
          }
        })
    ]
  }

  public func figures() -> [NamedFigure] {
    [NamedFigure("ablation", Heatmap(self))]
  }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "ablation", title: "\(task): one part ablated at a time",
        parts: [
          .text(
            "One part of one layer at a time is changed by the intervention "
              + "\(result.intervention) at the positions \(result.positions). \(note)"),
          .drawn(figures()), .table(table()),
        ])
    ]
  }

  /// The largest change of the logit difference.
  public var measures: [RunMeasure] {
    guard let row = rows.max(by: { abs($0.change) < abs($1.change) }) else { return [] }
    var measure = RunMeasure("largest change of the logit difference", row.change)
    measure.remark = "layer \(result.layers[row.layer]), \(result.parts[row.part].name)"
    return [measure]
  }

  private typealias Row = (layer: Int, part: Int, cell: AblationCell, change: Double)

  private var rows: [Row] {
    result.layers.indices.flatMap { layer in
      result.parts.indices.compactMap { part in
        result.change(layer: layer, part: part).map {
          (layer, part, result.cells[layer][part], $0)
        }
      }
    }
  }

  private var size: String { "\(result.unchanged.accuracy.n)" }

  private var note: String {
    "The logit difference is that of the base’s own answer minus the counterfactual answer "
      + "(\(variable)), the mean over the pairs, with its 95 % interval; own answer is the share of "
      + "bases that still give it."
  }

  private func cell(_ cell: AblationCell) -> String { cell.logitDifference.cell }
}

extension RunResults {
  /// The result of ``AblationRun``.
  public var ablation: AblationRun? { self[AblationRun.self] }
}

extension Heatmap {
  /// The change of the logit difference over layer × part.
  public init(_ run: AblationRun) {
    let result = run.result
    let components = Set(result.parts.map(\.component))
    let isOfHeads = components.count == 1 && result.parts.allSatisfy { $0.head != nil }
    self.init(
      values: result.layers.indices.map { layer in
        result.parts.indices.map { result.change(layer: layer, part: $0) ?? .nan }
      }, rowLabels: result.layers.map(String.init),
      columnLabels: result.parts.map { isOfHeads ? "\($0.head ?? 0)" : $0.name })
    title = "\(run.task): ablation (\(result.intervention))"
    let own = result.unchanged
    subtitle =
      (isOfHeads ? "heads of \(result.parts[0].component.rawValue), " : "")
      + "positions \(result.positions), n = \(own.accuracy.n) bases; without ablation "
      + own.logitDifference.cell
    (rowTitle, columnTitle) = ("layer", isOfHeads ? "head" : "")
    valueTitle = "change of the logit difference, own − other answer"
    colorMap = .blueRed
  }
}

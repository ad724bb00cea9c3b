import Foundation
import InterchangeBasics
import InterchangeReports

extension ExperimentResult {
  /// The tables of each step: those of its results, or the measures of its points.
  public var tables: [ResultTable] { steps.flatMap(\.tables) }
}

extension ExperimentStep {
  /// The tables of the step, each with the step's name in its title.
  var tables: [ResultTable] {
    if let joined { return joined.flatMap { $0.tables.map(titled) } }
    guard points.count > 1 else {
      return points.flatMap { $0.results.all }.flatMap { $0.tables.map(titled) }
    }
    return (hasSeeds ? [seedTable] : []).compactMap { $0 } + [pointTable]
  }

  private func titled(_ table: ResultTable) -> ResultTable {
    var table = table
    if table.title.isEmpty {
      table.title = "\(name)."
    } else if !table.title.lowercased().hasPrefix(name) {
      table.title = "\(name): \(table.title)"
    }
    return table
  }

  /// Every point with its measures.
  var pointTable: ResultTable {
    let names = measureNames
    let hasRemarks = points.contains { $0.measures.contains { !$0.remark.isEmpty } }
    return ResultTable(
      "\(name): every point.",
      header: axes + names + (hasRemarks ? ["remark"] : []),
      rows: points.map { point in
        let measures = point.measures
        let cells = names.map { name in
          measures.first { $0.name == name }.map(\.cell) ?? ResultTable.nothing
        }
        let remarks = measures.map(\.remark).filter { !$0.isEmpty }.joined(separator: "; ")
        return axes.map { point.value($0) } + cells + (hasRemarks ? [remarks] : [])
      })
  }

  /// The measures' means and deviations over the seeds; nil without measures.
  var seedTable: ResultTable? {
    let names = measureNames
    guard !names.isEmpty else { return nil }
    let remarks = groups.map { $0.remarks(names[0]) }
    let hasRemarks = remarks.contains { !$0.isEmpty }
    let counts = Set(groups.map(\.points.count)).sorted().map { "\($0)" }.joined(separator: " to ")
    return ResultTable(
      "\(name): means over \(counts) seeds, ± their deviation.",
      header: comparedAxes + names + (hasRemarks ? ["of the seeds"] : []),
      rows: zip(groups, remarks).map { group, remarks in
        group.values
          + names.map { name in
            group.statistics(name).map { String(format: "%.3f ± %.3f", $0.mean, $0.deviation) }
              ?? ResultTable.nothing
          } + (hasRemarks ? [remarks] : [])
      })
  }
}

extension ExperimentStep.Group {
  /// The judgments of a measure with their numbers: `2 converged, 1 loss still falling`.
  fileprivate func remarks(_ name: String) -> String {
    let all = measures(name).map(\.remark).filter { !$0.isEmpty }
    var names: [String] = []
    for remark in all where !names.contains(remark) { names.append(remark) }
    return names.map { name in "\(all.count { $0 == name }) \(name)" }.joined(separator: ", ")
  }
}

extension RunMeasure {
  /// The number in a cell, a share with its interval.
  fileprivate var cell: String { accuracy?.cell ?? ResultTable.number(value, "%.4f") }
}

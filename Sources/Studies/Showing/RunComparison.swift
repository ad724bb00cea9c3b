import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

/// Several runs of one kind, shown together.
public struct RunComparison: Sendable {
  /// The runs with the names that tell them apart.
  public let runs: [(name: String, record: RunRecord)]

  /// Runs by their names, at least one.
  public init(_ runs: [(name: String, record: RunRecord)]) {
    require(!runs.isEmpty, "RunComparison: expected at least one run")
    self.runs = runs
  }

  /// Names of folders that tell them apart: their last components, as many as it takes.
  public static func names(of folders: [URL]) -> [String] {
    let parts = folders.map { $0.standardizedFileURL.pathComponents }
    let longest = parts.map(\.count).max() ?? 1
    for count in 1...max(1, longest) {
      let names = parts.map { $0.suffix(count).joined(separator: "/") }
      if Set(names).count == names.count { return names }
    }
    return folders.enumerated().map { "\($0.offset + 1) \($0.element.lastPathComponent)" }
  }

  /// The figures that all runs have: of one run its own, of several each kind in one figure, maps
  /// on one scale and curves together.
  ///
  /// - Throws: `FigureError.notComparable` for figures that have too little in common,
  ///   ``RunRecordError/lacking(wanted:reason:)`` when the runs share none.
  public func figures() throws -> [NamedFigure] {
    let all = runs.map { $0.record.figures() }
    guard runs.count > 1 else { return all[0] }
    let shared = all[0].filter { figure in
      all.allSatisfy { $0.contains { $0.name == figure.name } }
    }
    guard !shared.isEmpty else {
      throw RunRecordError.lacking(
        wanted: "figures that all of these runs have",
        reason: zip(runs, all).map { run, figures in
          "\(run.name): \(figures.map(\.name).joined(separator: ", "))"
        }.joined(separator: "; "))
    }
    return try shared.map { figure in
      let same = all.compactMap { $0.first { $0.name == figure.name } }
      return NamedFigure(
        figure.name,
        try FigureComparison.figure(of: zip(runs, same).map { ($0.name, $1.figure) }))
    }
  }

  /// The tables of all runs; those of equal columns are one, with the run's name in the first.
  ///
  /// - Parameter areData: whether they are those of a file of data
  public func tables(areData: Bool = false) -> [ResultTable] {
    let all = runs.map { run in
      run.record.results.all.flatMap { areData ? $0.dataTables : $0.tables }
    }
    guard runs.count > 1 else { return all[0] }
    guard Set(all.map { $0.map(\.header) }).count == 1 else {
      return zip(runs, all).flatMap { run, tables in
        tables.map { table in
          var table = table
          table.title = table.title.isEmpty ? "\(run.name)." : "\(run.name): \(table.title)"
          return table
        }
      }
    }
    return all[0].indices.map { index in
      let first = all[0][index]
      let notes = Set(all.map { $0[index].note })
      return ResultTable(
        first.title, note: notes.count == 1 ? first.note : "", header: ["run"] + first.header,
        rows: zip(runs, all).flatMap { run, tables in
          tables[index].rows.map { [run.name] + $0 }
        })
    }
  }

  /// The record inside a figure: the run's own, or all in a list.
  public func json() throws -> String {
    let all = try runs.map { try $0.record.json() }
    return all.count == 1 ? all[0] : "[\n" + all.joined(separator: ",\n") + "\n]"
  }
}

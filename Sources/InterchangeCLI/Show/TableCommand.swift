import ArgumentParser
import Foundation
import Interchange

/// `interchange table`: prints the tables of runs.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Print the tables of runs as text, CSV, Markdown or LaTeX.",
    discussion: """
      CSV has a row for each thing that was measured, with all digits; the other forms are the \
      tables that the run itself printed. Several runs of one kind come in one table, with the \
      run in its first column.
      """)

  @OptionGroup var runs: ShownRuns
  @Option(help: ArgumentHelp("text, csv, md or tex.", valueName: "format"))
  var format = TextFormat.text
  @OptionGroup var common: CommonOptions

  /// A table's form on standard output.
  enum TextFormat: String, ExpressibleByArgument, CaseIterable {
    case text, csv, md, tex
  }

  func run() throws {
    let format = TableFormat(rawValue: format.rawValue)
    let tables = try runs.comparison().tables(areData: format == .csv)
    guard !tables.isEmpty else {
      throw RunRecordError.lacking(wanted: "tables", reason: "this run has none")
    }
    if common.json { return try Output.print(json: tables.map(JSONTable.init)) }
    for (number, table) in tables.enumerated() {
      if number > 0 { Output.print("") }
      if let format {
        Output.print(String(format.text(of: table).dropLast()))
      } else {
        let heading = [table.title, table.note].filter { !$0.isEmpty }.joined(separator: " ")
        if !heading.isEmpty { Output.print(heading) }
        Output.print(table)
      }
    }
  }

  /// A table as a JSON object.
  private struct JSONTable: Encodable {
    let title: String
    let note: String
    let header: [String]
    let rows: [[String]]

    init(_ table: ResultTable) {
      (title, note, header, rows) = (table.title, table.note, table.header, table.rows)
    }
  }
}

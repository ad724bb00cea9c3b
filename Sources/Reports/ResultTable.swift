import InterchangeBasics

/// Results as a table, wherever it is shown: on a terminal, in Markdown, on a page.
public struct ResultTable: Sendable, Equatable {
  /// The subject, with a full stop; empty where that is said elsewhere.
  public var title: String
  /// The origin of its numbers, in a sentence or two.
  public var note: String
  /// The columns' titles.
  public let header: [String]
  /// Rows with as many cells as the header has.
  public let rows: [[String]]

  /// The cell of a number that does not exist.
  public static let nothing = "–"
  /// The cell of a result that is no number, such as the score of a training that diverged.
  public static let notANumber = "not a number"

  /// A table; every row has as many cells as the header. Control characters in cells become their
  /// pictures, a newline ␊.
  public init(_ title: String = "", note: String = "", header: [String], rows: [[String]]) {
    require(
      rows.allSatisfy { $0.count == header.count },
      "ResultTable: expected rows of \(header.count) cells, got \(rows.map(\.count))")
    (self.title, self.note) = (title, note)
    // Tokens and names may hold what would break a line.
    self.header = header.map(\.withControlSymbols)
    self.rows = rows.map { $0.map(\.withControlSymbols) }
  }

  /// The table in Markdown below its title and note.
  public var markdown: String {
    func row(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    let heading = title.isEmpty ? note : "**\(title)** \(note)"
    return (heading.isEmpty ? "" : heading + "\n\n")
      + row(header) + row(header.map { _ in "---" }) + rows.map(row).joined()
  }

  /// The table in columns of plain text, without its title; numbers to the right.
  public var aligned: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let areNumbers = header.indices.map(isNumeric)
    return all.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return areNumbers[column] ? space + row[column] : row[column] + space
      }.joined(separator: "  ").replacing(/\s+$/, with: "")
    }.joined(separator: "\n")
  }

  /// Tells whether a column holds numbers, which stand flush right.
  public func isNumeric(_ column: Int) -> Bool {
    rows.allSatisfy { Self.isNumber($0[column]) }
      && rows.contains { $0[column] != Self.nothing } || rows.isEmpty
  }

  /// Tells whether a cell holds a number, perhaps with its unit, deviation or interval, or stands
  /// for none.
  private static func isNumber(_ cell: String) -> Bool {
    if cell == nothing || cell == notANumber || Double(cell.prefix { $0 != " " }) != nil {
      return true
    }
    return cell.contains(where: \.isASCIIDigit)
      && cell.allSatisfy { "0123456789.,+-−–±[]()/% ".contains($0) }
  }

  /// The table with one column more at its end.
  public func adding(_ title: String, _ cells: [String]) -> ResultTable {
    ResultTable(
      self.title, note: note, header: header + [title],
      rows: zip(rows, cells).map { $0 + [$1] })
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

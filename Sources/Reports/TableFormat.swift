import Foundation
import InterchangeBasics

/// The form of a table in a file.
public enum TableFormat: String, Sendable, CaseIterable {
  /// Comma-separated values (RFC 4180), a row each.
  case csv
  /// A table of Markdown below its title.
  case markdown = "md"
  /// A table of LaTeX with the rules of booktabs, its title as the caption.
  case latex = "tex"

  /// The table as a file's text, a newline at its end.
  public func text(of table: ResultTable) -> String {
    switch self {
    case .csv: table.commaSeparated
    case .markdown: table.markdown
    case .latex: table.latex
    }
  }
}

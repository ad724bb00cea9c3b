import Foundation
import InterchangeBasics

extension ResultTable {
  /// The table as comma-separated values (RFC 4180): the header, then the rows.
  public var commaSeparated: String {
    func field(_ text: String) -> String {
      let isPlain = !text.contains { ",\"\n\r".contains($0) }
      return isPlain && text.first != " " && text.last != " "
        ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
    return ([header] + rows).map { $0.map(field).joined(separator: ",") + "\n" }.joined()
  }

  /// The table in LaTeX with the rules of booktabs, numbers flush right; title and note are its
  /// caption.
  ///
  /// Signs that LaTeX has commands for are written with them; letters of other scripts stay as they
  /// are, which LuaLaTeX and XeLaTeX take with a font that has them.
  public var latex: String {
    func row(_ cells: [String]) -> String {
      "  " + cells.map(\.latexEscaped).joined(separator: " & ") + " \\\\\n"
    }
    let columns = header.indices.map { isNumeric($0) ? "r" : "l" }.joined()
    let caption = [title, note].filter { !$0.isEmpty }.joined(separator: " ").latexEscaped
    return "% needs \\usepackage{booktabs}\n\\begin{table}\n  \\centering\n"
      + (caption.isEmpty ? "" : "  \\caption{\(caption)}\n")
      + "  \\begin{tabular}{\(columns)}\n  \\toprule\n" + row(header) + "  \\midrule\n"
      + rows.map(row).joined() + "  \\bottomrule\n  \\end{tabular}\n\\end{table}\n"
  }
}

extension String {
  /// The text as LaTeX shows it.
  fileprivate var latexEscaped: String {
    unicodeScalars.map { Self.latexSigns[$0] ?? String($0) }.joined()
  }

  private static let latexSigns: [Unicode.Scalar: String] = [
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#",
    "_": "\\_", "%": "\\%", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
    "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}",
    "[": "{[}", "]": "{]}",
    "␣": "\\textvisiblespace{}", "–": "--", "—": "---", "−": "$-$", "±": "$\\pm$",
    "×": "$\\times$", "→": "$\\to$", "‖": "$\\|$", "‹": "$\\langle$",
    "›": "$\\rangle$", "“": "``", "”": "''", "’": "'", "…": "\\ldots{}",
    "≥": "$\\geq$", "≤": "$\\leq$", "°": "$^\\circ$", "√": "$\\surd$", "‑": "-",
    "\u{A0}": "~", "⇥": "\\texttt{\\textbackslash{}t}", "␊": "\\texttt{\\textbackslash{}n}",
    "␍": "\\texttt{\\textbackslash{}r}",
  ]
}

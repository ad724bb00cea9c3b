import Foundation
import InterchangeNotebookSupport

extension Notebook {
  /// One Swift program of all cells in their order, which share their names. Compiler messages
  /// point into the notebook.
  ///
  /// - Parameter isThere: true for the name of a file that exists; cells that need another are left
  ///   out
  package func program(isThere: (String) -> Bool) -> String {
    var lines = [
      "import Foundation", "import Interchange", "import InterchangeNotebookSupport", "",
    ]
    for (number, cell) in cells.enumerated() where cell.need.map(isThere) ?? true {
      lines.append("NotebookSession.begin(\(number))")
      lines.append("#sourceLocation(file: \"\(path)\", line: \(cell.line))")
      lines += cell.code
      lines.append("#sourceLocation()")
    }
    lines.append("NotebookSession.end()")
    return lines.joined(separator: "\n") + "\n"
  }
}

/// The output and the figures of a notebook's program, cell by cell.
package struct NotebookResults: Equatable {
  package struct Result: Equatable {
    package internal(set) var output: [String] = []
    package internal(set) var figures: [Notebook.FigureLink] = []
  }

  /// A claim that doesn't hold, and the notebook's line that makes it.
  package struct Failure: Equatable {
    package let line: Int
    package let claim: String
  }

  /// The results by the cell's number; a cell that was left out has none.
  package private(set) var cells: [Int: Result] = [:]
  /// Claims that don't hold.
  package private(set) var failures: [Failure] = []
  package private(set) var isComplete = false
  /// The cell that was begun last.
  package private(set) var last: Int?

  /// - Parameter text: the program's standard output
  package init(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.first == NotebookSession.mark else {
        if let last { cells[last]?.output.append(String(line)) }
        continue
      }
      let words = line.dropFirst().split(
        separator: "\t", maxSplits: 2, omittingEmptySubsequences: false
      ).map(String.init)
      switch words[0] {
      case "cell":
        last = Int(words[1])
        if let last { cells[last] = Result() }
      case "figure" where words.count == 3:
        if let last {
          cells[last]?.figures.append(
            Notebook.FigureLink(name: words[1], alternative: words[2]))
        }
      case "failed" where words.count == 3:
        failures.append(Failure(line: Int(words[1]) ?? 0, claim: words[2]))
      case "end": isComplete = true
      default: break
      }
    }
  }
}

extension NotebookResults.Result {
  /// The printed text, without blank lines at the ends; nil when that is nothing.
  var text: String? {
    let lines = output.withoutBlankEnds
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}

extension Notebook {
  /// The notebook with new results under its cells; cells that were left out keep theirs.
  package func updated(_ results: NotebookResults) -> Notebook {
    var (updated, number) = (self, 0)
    for index in updated.elements.indices {
      guard case .cell(var cell) = updated.elements[index] else { continue }
      if let result = results.cells[number] {
        (cell.output, cell.figures) = (result.text, result.figures)
        updated.elements[index] = .cell(cell)
      }
      number += 1
    }
    return updated
  }

  /// The differences between the results in the file and new ones, a line for each cell.
  package func differences(_ results: NotebookResults) -> [String] {
    cells.enumerated().compactMap { number, cell in
      guard let result = results.cells[number] else { return nil }
      let (kept, found) = (cell.output ?? "", result.text ?? "")
      if let difference = NumericText.difference(kept, found, tolerance: cell.tolerance) {
        return "\(path): line \(cell.line): the cell now prints \(difference)"
      }
      if cell.figures != result.figures {
        return "\(path): line \(cell.line): the cell's figures are others"
      }
      return nil
    }
  }
}

/// Texts that may differ in their numbers.
package enum NumericText {
  /// The first difference, as a message; nil where texts are the same and numbers near enough.
  package static func difference(_ kept: String, _ found: String, tolerance: Double) -> String? {
    if kept == found { return nil }
    let (old, new) = (parts(kept), parts(found))
    for (a, b) in zip(old, new) where a != b {
      guard let x = Double(a), let y = Double(b) else { return "'\(b)' where it printed '\(a)'" }
      let distance = abs(x - y)
      if distance > tolerance * max(1, abs(x)) {
        return "\(b) where it printed \(a), tolerance \(tolerance)"
      }
    }
    return old.count == new.count ? nil : "\(new.count) words where it printed \(old.count)"
  }

  /// Words, and numbers by themselves.
  private static func parts(_ text: String) -> [String] {
    let number = /[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/
    var parts: [String] = []
    var rest = text[...]
    while let match = rest.firstMatch(of: number) {
      parts += rest[..<match.range.lowerBound].split(whereSeparator: \.isWhitespace)
        .map(String.init)
      parts.append(String(match.output))
      rest = rest[match.range.upperBound...]
    }
    return parts + rest.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}

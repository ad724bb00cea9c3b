import Foundation
import Interchange

/// The signals of a notebook's program to the runner: lines of its output that begin with a control
/// character.
public enum NotebookSession {
  /// The beginning of an output line that isn't meant for readers.
  public static let mark: Character = "\u{1}"

  private static func tell(_ words: String...) {
    print(String(mark) + words.joined(separator: "\t"))
    fflush(nil)
  }

  /// The cell of this number begins.
  public static func begin(_ cell: Int) { tell("cell", "\(cell)") }

  /// All cells have run.
  public static func end() { tell("end") }

  static func figure(_ name: String, _ alternative: String) { tell("figure", name, alternative) }

  static func failed(_ line: UInt, _ claim: String) { tell("failed", "\(line)", claim) }
}

/// Puts a figure under the cell: `figures/NAME.png`, with its data as its record.
///
/// - Parameter alternative: the content of the figure, for readers who don't see it
/// - Throws: `FigureError`.
public func show(_ figure: some Figure, _ name: String, alt alternative: String) throws {
  let folder = URL(filePath: ProcessInfo.processInfo.environment["NOTEBOOK_FIGURES"] ?? ".")
  let file = folder.appending(component: name + ".png")
  try figure.write(to: file, record: figure.tabSeparatedData)
  NotebookSession.figure(file.lastPathComponent, alternative)
}

/// A claim of the text about a computed value: where it doesn't hold, the notebook fails.
public func expect(_ holds: Bool, _ claim: String, line: UInt = #line) {
  if !holds { NotebookSession.failed(line, claim) }
}

/// Prints a table, its columns aligned.
public func show(_ rows: [[String]], header: [String]) {
  print(ResultTable(header: header, rows: rows).aligned)
}

/// A number in the form of tables.
public func number(_ value: Double, digits: Int = 2) -> String {
  String(format: "%.\(digits)f", value)
}

import Foundation
import Interchange

/// Prints results on standard output and progress on standard error.
enum Output {
  /// One JSON document with sorted keys.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    write(try encoder.encode(value) + Data("\n".utf8), to: .standardOutput)
  }

  /// Plain text for a reader.
  static func print(_ text: String) { write(Data((text + "\n").utf8), to: .standardOutput) }

  /// A line about how the work goes on.
  static func note(_ text: String) { write(Data((text + "\n").utf8), to: .standardError) }

  static func write(_ data: Data, to handle: FileHandle) {
    try? handle.write(contentsOf: data)
  }

  /// A table of results without its title.
  static func print(_ table: ResultTable) { print(table.aligned) }

  /// Columns of text, aligned; numbers to the right.
  static func table(_ rows: [[String]], header: [String]) -> String {
    ResultTable(header: header, rows: rows).aligned
  }
}

/// Something could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
}

/// A progress bar with an estimate on a terminal, plain lines in a log.
final class ProgressLine {
  private let title: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = Date()
  private var lastShown = Date.distantPast
  private var lastTenth = -1

  init(_ title: String) { self.title = title }

  func update(_ done: Int, of total: Int, detail: String = "") {
    let share = Double(done) / Double(max(1, total))
    let elapsed = Date().timeIntervalSince(start)
    let rest = share > 0 ? elapsed / share - elapsed : 0
    if isTerminal {
      guard Date().timeIntervalSince(lastShown) > 0.1 || done == total else { return }
      lastShown = Date()
      let filled = Int(share * 24)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      let line = String(
        format: "\r%@ %@ %d/%d  %@  %.0f s left\u{1B}[K", title, bar, done, total, detail, rest)
      Output.write(Data((done == total ? "\r\u{1B}[K" : line).utf8), to: .standardError)
    } else if Int(share * 4) > lastTenth {
      lastTenth = Int(share * 4)
      guard elapsed > 5 || done == total else { return }
      Output.note(String(format: "%@ %d/%d %@ (%.0f s)", title, done, total, detail, elapsed))
    }
  }
}

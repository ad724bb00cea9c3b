import Foundation
import Interchange
import InterchangeBasics

/// Prints results on standard output and progress on standard error.
///
/// Texts, tokens and names come from files: what would steer a terminal in them is shown in escaped
/// form.
enum Output {
  /// One JSON document with sorted keys.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    print(json: String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// One JSON document; controls that JSON leaves as they are become escapes.
  static func print(json text: String) {
    let escaped = text.unicodeScalars.reduce(into: "") { escaped, scalar in
      if (0x7F..<0xA0).contains(scalar.value) {
        escaped += String(format: "\\u%04x", scalar.value)
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    write(escaped + "\n")
  }

  /// Plain text for a reader.
  static func print(_ text: String) { write(text.withVisibleControls + "\n") }

  /// A piece of a text that is being written: as it is to a file or another program.
  static func show(_ piece: String) {
    write(isatty(STDOUT_FILENO) == 1 ? piece.withVisibleControls : piece)
  }

  /// A table of results without its title.
  static func print(_ table: ResultTable) { print(table.aligned) }

  /// Tables with their titles and notes, an empty line before each.
  static func print(_ tables: [ResultTable]) {
    for table in tables {
      print("\n" + [table.title, table.note].joined(separator: " "))
      print(table)
    }
  }

  /// A line about the progress of the work.
  static func note(_ text: String) { progress(text.withVisibleControls + "\n") }

  /// Text for the terminal as it is; where it can't be written nobody reads it.
  static func progress(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// Writes to standard output, or ends the program: results that nobody gets are failed work.
  private static func write(_ text: String) {
    if let context = CommandContext.current, context.isSilent { return context.print(text) }
    guard write(text, to: STDOUT_FILENO) else {
      ExitStatus.leave(
        after: OutputError(description: "standard output can't be written: \(systemError())"))
    }
  }

  /// - Returns: whether all was written; `errno` says why not
  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var rest = Data(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard count >= 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

/// Something could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
}

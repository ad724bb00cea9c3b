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

  /// A line about the progress of the work.
  static func note(_ text: String) { write(Data((text + "\n").utf8), to: .standardError) }

  static func write(_ data: Data, to handle: FileHandle) {
    try? handle.write(contentsOf: data)
  }

  /// A table of results without its title.
  static func print(_ table: ResultTable) { print(table.aligned) }
}

/// Something could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
}

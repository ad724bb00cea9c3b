import Foundation
import Tokenizers

/// A JSON document a line.
enum JSONLines {
  /// The values of the lines that aren't blank, with their numbers.
  ///
  /// - Throws: ``FineTuningError/invalidData(path:line:reason:)`` for a line that isn't JSON.
  static func values(
    _ bytes: [UInt8], path: String
  ) throws -> [(line: Int, value: JSONValue)] {
    var values: [(line: Int, value: JSONValue)] = []
    for (line, text) in DelimitedRows.lines(bytes) {
      do {
        values.append((line, try JSONParser.parse(Array(text))))
      } catch {
        throw FineTuningError.invalidData(
          path: path, line: line,
          reason: "expected \(error.expected) at byte \(error.position) of the line")
      }
    }
    return values
  }
}

/// A file of text.
enum TextFile {
  /// The bytes of a file in UTF-8, without a byte order mark.
  ///
  /// - Throws: ``FineTuningError/invalidData(path:line:reason:)`` when it can't be read or isn't UTF-8.
  static func bytes(contentsOf url: URL) throws -> [UInt8] {
    guard let data = try? Data(contentsOf: url), String(data: data, encoding: .utf8) != nil else {
      throw FineTuningError.invalidData(path: url.path, line: 0, reason: "no readable UTF-8 file")
    }
    return Array(data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data)
  }
}

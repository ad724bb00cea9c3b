import Foundation
import InterchangeBasics
import InterchangeTokenizers

/// A JSON document a line.
package enum JSONLines {
  /// The values of the lines that aren't blank, with their numbers.
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` for a line that isn't JSON.
  package static func values(
    _ bytes: [UInt8], path: String
  ) throws -> [(line: Int, value: JSONValue)] {
    var values: [(line: Int, value: JSONValue)] = []
    for (line, text) in DelimitedRows.lines(bytes) {
      do {
        values.append((line, try JSONParser.parse(Array(text))))
      } catch {
        throw DatasetError.invalidData(
          path: path, line: line,
          reason: "expected \(error.expected) at byte \(error.position) of the line")
      }
    }
    return values
  }
}

/// A file of text.
package enum TextFile {
  /// The bytes of a file in UTF-8, without a byte order mark.
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` when it can't be read or isn't
  ///   UTF-8.
  package static func bytes(contentsOf url: URL) throws -> [UInt8] {
    guard let data = try? Data(contentsOf: url), String(data: data, encoding: .utf8) != nil else {
      throw DatasetError.invalidData(path: url.path, line: 0, reason: "no readable UTF-8 file")
    }
    return Array(data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data)
  }
}

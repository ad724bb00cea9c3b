/// Rows of values in lines of text. Lines end in LF or CR LF; empty lines are passed over.
package enum DelimitedRows {
  package struct Row {
    /// The line at which the row starts, from 1.
    package var line: Int
    package var values: [String]

    /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` when there are more or fewer
    ///   values.
    package func checked(count: Int, path: String) throws {
      guard values.count == count else {
        throw DatasetError.invalidData(
          path: path, line: line, reason: "expected \(count) columns, found \(values.count)")
      }
    }
  }

  /// The lines that aren't blank, with their numbers.
  static func lines(_ bytes: [UInt8]) -> [(line: Int, text: ArraySlice<UInt8>)] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { index, line in
      let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      return text.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } ? nil : (index + 1, text)
    }
  }

  /// Values between tabs, as they are: quotes have no meaning.
  package static func tabSeparated(_ bytes: [UInt8]) -> [Row] {
    lines(bytes).map { line, text in
      Row(
        line: line,
        values: text.split(separator: 0x09, omittingEmptySubsequences: false).map {
          String(decoding: $0, as: UTF8.self)
        })
    }
  }

  /// Values between commas, where quotes hold commas, line ends and doubled quotes (RFC 4180).
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` for a quote that isn't closed or
  ///   that is amid a value.
  package static func commaSeparated(_ bytes: [UInt8], path: String) throws -> [Row] {
    let (quote, comma, newline) = (UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"))
    var rows: [Row] = []
    var (line, start, index) = (1, 1, 0)
    var (values, value) = ([String](), [UInt8]())
    func fault(_ line: Int, _ reason: String) -> DatasetError {
      .invalidData(path: path, line: line, reason: reason)
    }
    func endsValue(_ index: Int) -> Bool {
      index == bytes.count || bytes[index] == comma || bytes[index] == newline
        || bytes[index] == 0x0D && (index + 1 == bytes.count || bytes[index + 1] == newline)
    }
    while index < bytes.count {
      var isQuoted = false
      if bytes[index] == quote {
        isQuoted = true
        let opened = line
        index += 1
        while index < bytes.count, bytes[index] != quote || bytes[safe: index + 1] == quote {
          if bytes[index] == quote { index += 1 }
          if bytes[index] == newline { line += 1 }
          value.append(bytes[index])
          index += 1
        }
        guard index < bytes.count else { throw fault(opened, "a quote is not closed") }
        index += 1
        guard endsValue(index) else { throw fault(line, "text after a closing quote") }
      } else {
        while !endsValue(index) {
          guard bytes[index] != quote else { throw fault(line, "a quote inside an unquoted value") }
          value.append(bytes[index])
          index += 1
        }
      }
      values.append(String(decoding: value, as: UTF8.self))
      value.removeAll()
      if index < bytes.count, bytes[index] == comma {
        index += 1
        if index < bytes.count { continue }
        values.append("")
      }
      let isBlank = values.count == 1 && !isQuoted && values[0].allSatisfy(\.isWhitespace)
      if !isBlank { rows.append(Row(line: start, values: values)) }
      values.removeAll()
      if index < bytes.count, bytes[index] == 0x0D { index += 1 }
      if index < bytes.count { index += 1 }
      line += 1
      start = line
    }
    return rows
  }
}

extension [UInt8] {
  fileprivate subscript(safe index: Int) -> UInt8? { index < count ? self[index] : nil }
}

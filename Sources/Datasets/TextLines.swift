import Foundation
import InterchangeBasics

/// Plain texts in a file, one in each line.
public enum TextLines {
  /// The lines that aren't empty.
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` for a file of another form, or
  ///   without a text.
  public static func read(_ url: URL) throws -> [String] {
    let path = url.path(percentEncoded: false)
    guard let data = try? Data(contentsOf: url), let text = String(validating: data, as: UTF8.self)
    else {
      throw DatasetError.invalidData(
        path: path, line: 0, reason: "expected a file of texts in UTF-8, one in each line")
    }
    if ["json", "jsonl", "csv", "tsv"].contains(url.pathExtension.lowercased()) {
      throw DatasetError.invalidData(
        path: path, line: 0,
        reason: "expected plain texts, one in each line, found a .\(url.pathExtension) file")
    }
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
      .filter { !$0.allSatisfy(\.isWhitespace) }
    guard !lines.isEmpty else {
      throw DatasetError.invalidData(path: path, line: 0, reason: "there is no text")
    }
    return lines
  }
}

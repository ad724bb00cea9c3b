import Foundation

extension PromptCompletion {
  /// Reads JSON lines, each with the strings `prompt` and `completion`; empty lines are passed over.
  ///
  /// - Throws: ``FineTuningError/invalidData(path:line:reason:)`` naming the file, the line and the reason.
  public static func read(jsonLines path: String) throws -> [PromptCompletion] {
    let url = URL(fileURLWithPath: (path as NSString).expandingTildeInPath)
    let text: String
    do {
      text = try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw FineTuningError.invalidData(path: url.path, line: 0, reason: "no readable UTF-8 file")
    }
    var pairs: [PromptCompletion] = []
    // A line that ends in CR LF ends in one Character, which is not "\n".
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      do {
        pairs.append(try JSONDecoder().decode(PromptCompletion.self, from: Data(line.utf8)))
      } catch DecodingError.keyNotFound(let key, _) {
        throw FineTuningError.invalidData(
          path: url.path, line: index + 1, reason: "no field '\(key.stringValue)'")
      } catch {
        throw FineTuningError.invalidData(
          path: url.path, line: index + 1,
          reason: "expected a JSON object with the strings 'prompt' and 'completion'")
      }
    }
    guard !pairs.isEmpty else {
      throw FineTuningError.invalidData(path: url.path, line: 0, reason: "no pairs in the file")
    }
    return pairs
  }
}

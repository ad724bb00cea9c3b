import Foundation

/// A regular expression, matched by ICU in the way of Oniguruma, for which the reference's are
/// written.
struct RegularExpression: TextPattern {
  private let expression: NSRegularExpression

  /// The expression with this source; nil for one that can't be read.
  init?(_ source: String) {
    // A line's end is a line feed, and ^ and $ are at every line, as in Ruby.
    guard
      let expression = try? NSRegularExpression(
        pattern: Self.inICU(source), options: [.anchorsMatchLines, .useUnixLineSeparators])
    else { return nil }
    self.expression = expression
  }

  func matches(in word: Range<Int>, of text: [UInt8]) -> [Range<Int>] {
    let part = String(decoding: text[word], as: UTF8.self)
    let isASCII = text[word].allSatisfy { $0 < 0x80 }
    var matches: [Range<Int>] = []
    // The byte of a place in UTF-16, which only grows.
    var (byte, unit) = (word.lowerBound, 0)
    func byteIndex(of place: Int) -> Int {
      if isASCII { return word.lowerBound + place }
      while unit < place {
        let width = text[byte] < 0x80 ? 1 : text[byte] < 0xE0 ? 2 : text[byte] < 0xF0 ? 3 : 4
        unit += width == 4 ? 2 : 1
        byte += width
      }
      return byte
    }
    expression.enumerateMatches(
      in: part, range: NSRange(location: 0, length: part.utf16.count)
    ) { match, _, _ in
      guard let range = match?.range, range.length > 0 else { return }
      let start = byteIndex(of: range.lowerBound)
      matches.append(start..<byteIndex(of: range.upperBound))
    }
    return matches
  }

  /// The source with the classes that ICU and Oniguruma define differently spelled out.
  private static func inICU(_ source: String) -> String {
    var result = ""
    var depth = 0
    var isEscaped = false
    for character in source.unicodeScalars {
      if isEscaped {
        isEscaped = false
        let word = #"\p{L}\p{M}\p{Nd}\p{Pc}"#
        switch character {
        case "s": result += #"\p{White_Space}"#
        case "S": result += #"\P{White_Space}"#
        case "d": result += #"\p{Nd}"#
        case "D": result += #"\P{Nd}"#
        case "w": result += depth > 0 ? word : "[\(word)]"
        case "W": result += "[^\(word)]"
        case "h": result += depth > 0 ? "0-9A-Fa-f" : "[0-9A-Fa-f]"
        default: result += "\\" + String(character)
        }
        continue
      }
      switch character {
      case "\\": isEscaped = true
      case "[":
        depth += 1
        result.unicodeScalars.append(character)
      case "]":
        depth = max(0, depth - 1)
        result.unicodeScalars.append(character)
      default: result.unicodeScalars.append(character)
      }
    }
    return isEscaped ? result + "\\" : result
  }
}

/// The pattern with this source: one of the scanners for the usual ones, or a regular expression.
enum Patterns {
  /// The pattern; nil for a source that can't be read.
  static func regularExpression(_ source: String) -> (any TextPattern)? {
    if source == #"\p{N}"# { return ScalarPattern.numbers }
    return SplitPattern(regularExpression: source) ?? RegularExpression(source)
  }
}

/// A pattern that is found in text.
package protocol TextPattern: Sendable {
  /// The parts of `text[word]` that match, in order; none is empty, and none overlaps another.
  func matches(in word: Range<Int>, of text: [UInt8]) -> [Range<Int>]
}

/// A text that is found as it is.
package struct LiteralPattern: TextPattern {
  let literal: [UInt8]

  package init(_ literal: String) { self.literal = Array(literal.utf8) }

  package func matches(in word: Range<Int>, of text: [UInt8]) -> [Range<Int>] {
    guard let first = literal.first else { return [] }
    var matches: [Range<Int>] = []
    var index = word.lowerBound
    while index + literal.count <= word.upperBound {
      if text[index] == first, text[index..<word.upperBound].starts(with: literal) {
        matches.append(index..<index + literal.count)
        index += literal.count
      } else {
        index += 1
      }
    }
    return matches
  }
}

/// Single scalars of a kind.
struct ScalarPattern: TextPattern {
  let contains: @Sendable (Unicode.Scalar) -> Bool

  init(_ contains: @escaping @Sendable (Unicode.Scalar) -> Bool) { self.contains = contains }

  func matches(in word: Range<Int>, of text: [UInt8]) -> [Range<Int>] {
    let reader = ScalarReader(bytes: text, end: word.upperBound)
    var matches: [Range<Int>] = []
    var index = word.lowerBound
    while index < word.upperBound {
      let (scalar, end) = reader.scalar(at: index)
      if contains(scalar) { matches.append(index..<end) }
      index = end
    }
    return matches
  }

  /// `\p{N}`
  static let numbers = ScalarPattern { ScalarClass($0) == .number }
  /// White space.
  static let whitespace = ScalarPattern { $0.properties.isWhitespace }
  /// All of ASCII that is neither letter, digit, space nor control, and Unicode's punctuation.
  static let punctuation = ScalarPattern(\.isBertPunctuation)
}

/// The longest runs of word scalars (`\w`), and of scalars that are neither these nor white space.
struct WordRuns: TextPattern {
  func matches(in word: Range<Int>, of text: [UInt8]) -> [Range<Int>] {
    let reader = ScalarReader(bytes: text, end: word.upperBound)
    var matches: [Range<Int>] = []
    var last: Bool?
    var index = word.lowerBound
    while index < word.upperBound {
      let (scalar, end) = reader.scalar(at: index)
      let isWord = scalar.isWordScalar
      if isWord || !scalar.properties.isWhitespace {
        if last == isWord, let open = matches.last {
          matches[matches.count - 1] = open.lowerBound..<end
        } else {
          matches.append(index..<end)
        }
        last = isWord
      } else {
        last = nil
      }
      index = end
    }
    return matches
  }
}

extension Unicode.Scalar {
  /// `\w`: letters, marks, decimal digits, connecting punctuation and joiners.
  var isWordScalar: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      true
    default:
      properties.isAlphabetic || properties.isJoinControl
    }
  }
}

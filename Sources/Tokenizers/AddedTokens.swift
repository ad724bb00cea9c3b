/// A token that is found in the text itself before anything else is done to it.
struct AddedToken: Sendable {
  var id: Int
  var content: String
  /// True for a token that decoding may skip, and that untrusted text must not produce.
  var isSpecial: Bool
  /// True when it swallows the white space before or after it.
  var stripsLeft = false
  var stripsRight = false
  /// True when it is found only between scalars that no word has.
  var isSingleWord = false
  /// True when it is searched for after normalization.
  var isNormalized = false
}

/// Finds added tokens in text: the leftmost first, and of several that start at one place the
/// longest.
struct AddedTokens: Sendable {
  enum Fragment: Equatable {
    case token(Int)
    case text(Range<Int>)
  }

  private struct Candidate: Sendable {
    var bytes: [UInt8]
    var token: AddedToken
  }

  /// By first byte, the longest first.
  private var candidates = [[Candidate]](repeating: [], count: 256)
  private(set) var isEmpty = true

  init(_ tokens: some Sequence<AddedToken>) {
    for token in tokens {
      let bytes = Array(token.content.utf8)
      guard let first = bytes.first else { continue }
      candidates[Int(first)].append(Candidate(bytes: bytes, token: token))
      isEmpty = false
    }
    for index in candidates.indices {
      candidates[index].sort { $0.bytes.count > $1.bytes.count }
    }
  }

  /// Cuts valid UTF-8 into the added tokens and the text between them; special tokens stay text
  /// outside trusted ranges, and so does each token that those ranges spell out.
  func split(_ text: [UInt8], trusted: TrustedRanges) -> [Fragment] {
    var fragments: [Fragment] = []
    let reserved = trusted.isUniform ? [] : reserved(in: text, trusted)
    var start = 0
    var index = 0
    while index < text.count {
      guard let match = match(at: index, in: text, trusted, reserved) else {
        index += 1
        continue
      }
      var end = index + match.bytes.count
      if match.token.isSingleWord, !isWord(index..<end, in: text) {
        index = end
        continue
      }
      var left = index
      if match.token.stripsLeft {
        while let (scalar, width) = scalar(before: left, in: text), left - width >= start,
          scalar.properties.isWhitespace
        {
          left -= width
        }
      }
      if match.token.stripsRight {
        end = ScalarReader(bytes: text, end: text.count).endOfRun(of: .whitespace, from: end)
      }
      if start < left { fragments.append(.text(start..<left)) }
      fragments.append(.token(match.token.id))
      start = end
      index = end
    }
    if start < text.count { fragments.append(.text(start..<text.count)) }
    return fragments
  }

  /// The tokens that the trusted ranges spell out.
  private func reserved(in text: [UInt8], _ trusted: TrustedRanges) -> Set<Int> {
    var reserved: Set<Int> = []
    for range in trusted.ranges {
      for index in range {
        for candidate in candidates[Int(text[index])]
        where text[index..<range.upperBound].starts(with: candidate.bytes) {
          reserved.insert(candidate.token.id)
        }
      }
    }
    return reserved
  }

  @inline(__always)
  private func match(
    at index: Int, in text: [UInt8], _ trusted: TrustedRanges, _ reserved: Set<Int>
  ) -> Candidate? {
    let list = candidates[Int(text[index])]
    if list.isEmpty { return nil }
    return list.first {
      let isGuarded = $0.token.isSpecial || reserved.contains($0.token.id)
      return text[index...].starts(with: $0.bytes)
        && (!isGuarded || trusted.contains(index..<index + $0.bytes.count))
    }
  }

  private func isWord(_ range: Range<Int>, in text: [UInt8]) -> Bool {
    let before = scalar(before: range.lowerBound, in: text)
    let after =
      range.upperBound < text.count
      ? ScalarReader(bytes: text, end: text.count).scalar(at: range.upperBound).scalar : nil
    return before.map { !isWordScalar($0.scalar) } ?? true
      && after.map { !isWordScalar($0) } ?? true
  }

  /// `\w`: letters, marks, decimal digits and connecting punctuation.
  private func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      true
    default:
      scalar.properties.isAlphabetic || scalar.properties.isJoinControl
    }
  }

  private func scalar(before index: Int, in text: [UInt8]) -> (scalar: Unicode.Scalar, width: Int)?
  {
    var start = index - 1
    while start >= 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    guard start >= 0 else { return nil }
    return (ScalarReader(bytes: text, end: index).scalar(at: start).scalar, index - start)
  }
}

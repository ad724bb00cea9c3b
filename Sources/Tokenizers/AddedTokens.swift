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
    /// A token, and the bytes that it was found in.
    case token(Int, Range<Int>)
    case text(Range<Int>)

    /// The same at a later place.
    func moved(by distance: Int) -> Fragment {
      switch self {
      case .token(let id, let range):
        .token(id, range.lowerBound + distance..<range.upperBound + distance)
      case .text(let range): .text(range.lowerBound + distance..<range.upperBound + distance)
      }
    }
  }

  private var tokens: [AddedToken] = []
  private var trie: PieceTrie
  /// True for the bytes that some token begins with.
  private var isFirst = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { tokens.isEmpty }

  init(_ tokens: some Sequence<AddedToken>) {
    self.tokens = tokens.filter { !$0.content.isEmpty }
    trie = PieceTrie(
      self.tokens.enumerated().map { (Array($1.content.utf8), Int32($0)) })
    for token in self.tokens { isFirst[Int(token.content.utf8.first!)] = true }
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
      var end = index + match.length
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
      fragments.append(.token(match.token.id, left..<end))
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
      for index in range where isFirst[Int(text[index])] {
        trie.forEachMatch(from: index, to: range.upperBound, in: text) { place, _ in
          reserved.insert(tokens[Int(place)].id)
        }
      }
    }
    return reserved
  }

  @inline(__always)
  private func match(
    at index: Int, in text: [UInt8], _ trusted: TrustedRanges, _ reserved: Set<Int>
  ) -> (token: AddedToken, length: Int)? {
    guard isFirst[Int(text[index])] else { return nil }
    var found: (Int32, Int)?
    trie.forEachMatch(from: index, to: text.count, in: text) { place, end in
      let token = tokens[Int(place)]
      let isGuarded = token.isSpecial || reserved.contains(token.id)
      if !isGuarded || trusted.contains(index..<end) { found = (place, end - index) }
    }
    return found.map { (tokens[Int($0.0)], $0.1) }
  }

  private func isWord(_ range: Range<Int>, in text: [UInt8]) -> Bool {
    let before = scalar(before: range.lowerBound, in: text)
    let after =
      range.upperBound < text.count
      ? ScalarReader(bytes: text, end: text.count).scalar(at: range.upperBound).scalar : nil
    return before.map { !$0.scalar.isWordScalar } ?? true
      && after.map { !$0.isWordScalar } ?? true
  }

  private func scalar(before index: Int, in text: [UInt8]) -> (scalar: Unicode.Scalar, width: Int)?
  {
    var start = index - 1
    while start >= 0, text[start] & 0xC0 == 0x80 { start -= 1 }
    guard start >= 0 else { return nil }
    return (ScalarReader(bytes: text, end: index).scalar(at: start).scalar, index - start)
  }
}

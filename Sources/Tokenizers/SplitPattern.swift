/// A published regular expression that cuts text into words, matched by a scanner of its own.
///
/// The words of a text are the successive matches; every pattern here matches every scalar, so
/// they cover the text.
package enum SplitPattern: Equatable, TextPattern {
  /// GPT-2's: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2

  /// LLaMA 3's (digits: 3) and Qwen2's (digits: 1):
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|`
  /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case llama3(digits: Int)

  /// The pattern with this source, or nil when it is none of the above.
  package init?(regularExpression: String) {
    let space = #"\s+(?!\S)|\s+"#
    let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|"# + space
    let contractions = [
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
      "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
    ]
    let tail = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"# + space
    let numbers = [#"\p{N}{1,3}"#: 3, #"\p{N}"#: 1]
    if regularExpression == gpt2 {
      self = .gpt2
      return
    }
    for head in contractions {
      for (number, digits) in numbers
      where regularExpression == head + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + number + tail {
        self = .llama3(digits: digits)
        return
      }
    }
    return nil
  }

  package func matches(in word: Range<Int>, of text: [UInt8]) -> [Range<Int>] {
    let reader = ScalarReader(bytes: text, end: word.upperBound)
    var words: [Range<Int>] = []
    words.reserveCapacity(word.count / 5)
    var start = word.lowerBound
    while start < word.upperBound {
      let end = endOfWord(from: start, in: reader)
      words.append(start..<end)
      start = end
    }
    return words
  }

  /// The end of the word that starts at byte `start`, which is before the reader's end.
  func endOfWord(from start: Int, in text: ScalarReader) -> Int {
    switch self {
    case .gpt2: Self.endOfGPT2Word(from: start, in: text)
    case .llama3(let digits): Self.endOfLLaMA3Word(from: start, in: text, digits: digits)
    }
  }

  private static func endOfGPT2Word(from start: Int, in text: ScalarReader) -> Int {
    if let end = endOfContraction(from: start, in: text, ignoringCase: false) { return end }
    let body = text.bytes[start] == UInt8(ascii: " ") ? start + 1 : start
    let bodyClass = text.scalarClass(at: body)
    if bodyClass.isSubset(of: .whitespace) { return endOfWhitespace(from: start, in: text) }
    return text.endOfRun(of: bodyClass, from: body)
  }

  private static func endOfLLaMA3Word(
    from start: Int, in text: ScalarReader, digits: Int
  ) -> Int {
    if let end = endOfContraction(from: start, in: text, ignoringCase: true) { return end }
    let (scalar, next) = text.scalar(at: start)
    let first = ScalarClass(scalar)
    if first == .letter { return text.endOfRun(of: .letter, from: next) }
    if first == .number { return text.endOfRun(of: .number, from: start, limit: digits) }
    if first != .newline, text.scalarClass(at: next) == .letter {
      return text.endOfRun(of: .letter, from: next)
    }
    let body = scalar == " " ? next : start
    if text.scalarClass(at: body) == .other {
      return text.endOfRun(of: .newline, from: text.endOfRun(of: .other, from: body))
    }
    return endOfLines(from: start, in: text) ?? endOfWhitespace(from: start, in: text)
  }

  /// `\s+(?!\S)|\s+`: the whole run at the end of the text, else all but its last scalar, which
  /// goes with the word after it, unless there is only one.
  private static func endOfWhitespace(from start: Int, in text: ScalarReader) -> Int {
    var last = start
    var end = start
    while end < text.end {
      let (scalar, next) = text.scalar(at: end)
      guard ScalarClass.whitespace.contains(ScalarClass(scalar)) else {
        return last > start ? last : end
      }
      last = end
      end = next
    }
    return end
  }

  /// `\s*[\r\n]+`: up to the last line end of the run of white space; nil when it has none.
  private static func endOfLines(from start: Int, in text: ScalarReader) -> Int? {
    let run = start..<text.endOfRun(of: .whitespace, from: start)
    return run.last { text.bytes[$0] == 0x0A || text.bytes[$0] == 0x0D }.map { $0 + 1 }
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  private static func endOfContraction(
    from start: Int, in text: ScalarReader, ignoringCase: Bool
  ) -> Int? {
    guard text.bytes[start] == UInt8(ascii: "'"), start + 1 < text.end else { return nil }
    func letter(at index: Int) -> (Unicode.Scalar, Int)? {
      guard index < text.end else { return nil }
      let (scalar, end) = text.scalar(at: index)
      guard ignoringCase else { return (scalar, end) }
      // The long s folds to s: the only scalar beyond ASCII that does so to one of these letters.
      if scalar == "\u{17F}" { return ("s", end) }
      return (("A"..."Z").contains(scalar) ? Unicode.Scalar(text.bytes[index] | 0x20) : scalar, end)
    }
    guard let (first, end) = letter(at: start + 1) else { return nil }
    switch first {
    case "s", "t", "m", "d": return end
    case "r", "v", "l":
      guard let (second, end) = letter(at: end) else { return nil }
      return second == (first == "l" ? "l" : "e") ? end : nil
    default: return nil
    }
  }
}

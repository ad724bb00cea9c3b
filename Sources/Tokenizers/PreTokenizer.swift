/// Cuts a text into words, the units in which tokens are merged.
package struct PreTokenizer: Equatable, Sendable {
  /// One cut or change.
  package enum Step: Equatable, Sendable {
    /// Cuts before and after every run of numbers, or every single one.
    case digits(individually: Bool)
    /// Cuts each word into the matches of a pattern.
    case pattern(SplitPattern)
    /// Puts a space before each word that has none.
    case prefixSpace
    /// Cuts at white space, which goes, and makes every punctuation mark a word of its own (BERT).
    case whitespaceAndPunctuation
  }

  /// The steps in their order.
  package var steps: [Step]

  /// A pre-tokenizer of these steps.
  package init(steps: [Step]) {
    self.steps = steps
  }

  /// The words of a text.
  package func words(of text: String) -> [String] {
    var words: [String] = []
    forEachWord(of: Array(text.utf8)) { text, word in
      words.append(String(decoding: text[word], as: UTF8.self))
    }
    return words
  }

  /// Calls `body` with the text (changed when a step adds spaces) and the range of each word.
  func forEachWord(of text: [UInt8], _ body: ([UInt8], Range<Int>) -> Void) {
    guard !text.isEmpty else { return }
    var text = text
    var words = [0..<text.count]
    for (index, step) in steps.enumerated() {
      let isLast = index == steps.count - 1
      if isLast, case .pattern(let pattern) = step {
        for word in words { Self.split(word, of: text, by: pattern) { body(text, $0) } }
        return
      }
      switch step {
      case .digits(let individually):
        words = words.flatMap { Self.splitDigits($0, of: text, individually: individually) }
      case .pattern(let pattern):
        var cut: [Range<Int>] = []
        for word in words { Self.split(word, of: text, by: pattern) { cut.append($0) } }
        words = cut
      case .prefixSpace:
        (text, words) = Self.prefixingSpaces(words, of: text)
      case .whitespaceAndPunctuation:
        words = words.flatMap { Self.splitPunctuation($0, of: text) }
      }
    }
    for word in words { body(text, word) }
  }

  private static func split(
    _ word: Range<Int>, of text: [UInt8], by pattern: SplitPattern, _ body: (Range<Int>) -> Void
  ) {
    let reader = ScalarReader(bytes: text, end: word.upperBound)
    var start = word.lowerBound
    while start < word.upperBound {
      let end = pattern.endOfWord(from: start, in: reader)
      body(start..<end)
      start = end
    }
  }

  private static func splitDigits(
    _ word: Range<Int>, of text: [UInt8], individually: Bool
  ) -> [Range<Int>] {
    let reader = ScalarReader(bytes: text, end: word.upperBound)
    let rest: ScalarClass = [.letter, .whitespace, .other]
    var pieces: [Range<Int>] = []
    var start = word.lowerBound
    while start < word.upperBound {
      var end = reader.endOfRun(of: rest, from: start)
      if end == start {
        end = reader.endOfRun(of: .number, from: start, limit: individually ? 1 : .max)
      }
      pieces.append(start..<end)
      start = end
    }
    return pieces
  }

  private static func splitPunctuation(_ word: Range<Int>, of text: [UInt8]) -> [Range<Int>] {
    let reader = ScalarReader(bytes: text, end: word.upperBound)
    var pieces: [Range<Int>] = []
    var (start, index) = (word.lowerBound, word.lowerBound)
    while index < word.upperBound {
      let (scalar, end) = reader.scalar(at: index)
      let isPunctuation = scalar.isBertPunctuation
      if isPunctuation || scalar.properties.isWhitespace {
        if start < index { pieces.append(start..<index) }
        if isPunctuation { pieces.append(index..<end) }
        start = end
      }
      index = end
    }
    if start < word.upperBound { pieces.append(start..<word.upperBound) }
    return pieces
  }

  private static func prefixingSpaces(
    _ words: [Range<Int>], of text: [UInt8]
  ) -> ([UInt8], [Range<Int>]) {
    var spaced: [UInt8] = []
    var ranges: [Range<Int>] = []
    for word in words {
      let start = spaced.count
      if text[word.lowerBound] != UInt8(ascii: " ") { spaced.append(UInt8(ascii: " ")) }
      spaced += text[word]
      ranges.append(start..<spaced.count)
    }
    return (spaced, ranges)
  }
}

extension PreTokenizer {
  /// The pre-tokenizer that `tokenizer.ggml.pre` names, or nil for an unknown name.
  ///
  /// Names that share one pattern in llama.cpp share it here.
  package init?(name: String) {
    switch name {
    case "gpt-2", "phi-2", "mpt", "olmo", "modern-bert", "exaone4", "trillion", "granite-docling":
      steps = [.pattern(.gpt2)]
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
      steps = [.digits(individually: true), .pattern(.gpt2)]
    case "llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "dbrx", "smaug-bpe":
      steps = [.pattern(.llama3(digits: 3))]
    case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan":
      steps = [.pattern(.llama3(digits: 1))]
    default:
      return nil
    }
  }
}

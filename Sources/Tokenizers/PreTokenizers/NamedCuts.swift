/// `Split`: a cut at the matches of a pattern that the file gives.
enum Split: NamedPreTokenizer {
  static let name = "Split"

  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep] {
    [
      Cut(
        try step.pattern(), try Cut.behavior(step),
        isInverted: try step.flag("invert", default: false))
    ]
  }
}

/// `Digits`: cuts before and after every run of numbers, or every single one.
package enum Digits: NamedPreTokenizer {
  static let name = "Digits"

  /// A cut before and after every run of numbers, or every single one.
  package static func cut(individually: Bool) -> Cut {
    Cut(ScalarPattern.numbers, individually ? .isolated : .contiguous)
  }

  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep] {
    [cut(individually: try step.flag("individual_digits", default: false))]
  }
}

/// `Punctuation`: a cut at punctuation marks.
enum Punctuation: NamedPreTokenizer {
  static let name = "Punctuation"

  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep] {
    [Cut(ScalarPattern.punctuation, try Cut.behavior(step, default: .isolated))]
  }
}

/// `WhitespaceSplit`: cuts at white space, which goes.
enum WhitespaceSplit: NamedPreTokenizer {
  static let name = "WhitespaceSplit"
  static let cut = Cut(ScalarPattern.whitespace, .removed)

  static func steps(_ step: FileStep) -> [any PreTokenizerStep] { [cut] }
}

/// `Whitespace`: the runs of word scalars and of others; white space goes.
enum WhitespaceRuns: NamedPreTokenizer {
  static let name = "Whitespace"

  static func steps(_ step: FileStep) -> [any PreTokenizerStep] {
    [Cut(WordRuns(), .removed, isInverted: true)]
  }
}

/// `CharDelimiterSplit`: cuts at one character, which goes.
enum CharacterDelimiters: NamedPreTokenizer {
  static let name = "CharDelimiterSplit"

  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep] {
    [Cut(LiteralPattern(String(try step.scalar("delimiter"))), .removed)]
  }
}

/// `BertPreTokenizer`: cuts at white space, which goes, and makes every punctuation mark a word.
enum BertWords: NamedPreTokenizer {
  static let name = "BertPreTokenizer"
  static let cuts: [any PreTokenizerStep] = [
    WhitespaceSplit.cut, Cut(ScalarPattern.punctuation, .isolated),
  ]

  static func steps(_ step: FileStep) -> [any PreTokenizerStep] { cuts }
}

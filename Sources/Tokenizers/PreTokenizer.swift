/// Cuts a text into words, the units in which tokens are made.
package struct PreTokenizer: Sendable {
  /// The steps in their order.
  package var steps: [any PreTokenizerStep]

  /// A pre-tokenizer of these steps.
  package init(steps: [any PreTokenizerStep] = []) {
    self.steps = steps
  }

  /// The words of a text.
  package func words(of text: String) -> [String] {
    let words = words(of: AlignedText(Array(text.utf8)))
    return words.ranges.map { String(decoding: words.text.bytes[$0], as: UTF8.self) }
  }

  /// The words of a text, which the steps may change.
  func words(of text: AlignedText) -> WordList {
    let whole = text.bytes.isEmpty ? [] : [text.bytes.indices]
    var words = WordList(text: text, ranges: whole)
    for step in steps { step.apply(to: &words) }
    return words
  }
}

/// A text and its words.
package struct WordList: Sendable {
  var text: AlignedText
  /// The bytes of each word; words have no byte in common, and stand in order.
  var ranges: [Range<Int>]

  /// Puts text before the words that want it.
  mutating func prefix(_ prefix: [UInt8], where isWanted: (Range<Int>) -> Bool) {
    var moved: [Range<Int>] = []
    moved.reserveCapacity(ranges.count)
    let old = text
    text = old.rebuilt { builder in
      for word in ranges {
        let start = builder.bytes.count
        if isWanted(word) { builder.append(prefix, for: word.lowerBound..<word.lowerBound) }
        builder.keep(word)
        moved.append(start..<builder.bytes.count)
      }
    }
    ranges = moved
  }

  /// Changes every word by itself.
  mutating func normalize(by normalizer: some Normalizer) {
    var moved: [Range<Int>] = []
    let old = text
    text = old.rebuilt { builder in
      for word in ranges {
        let start = builder.bytes.count
        builder.append(normalizer.apply(to: old[word]))
        moved.append(start..<builder.bytes.count)
      }
    }
    ranges = moved
  }
}

/// One cut or change.
package protocol PreTokenizerStep: Sendable {
  /// Cuts or changes the words.
  func apply(to words: inout WordList)
}

/// A kind of step that a `tokenizer.json` can ask for.
protocol NamedPreTokenizer: Sendable {
  /// The `type` in the file.
  static var name: String { get }

  /// The steps that one of the file amounts to.
  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep]
}

/// The pre-tokenizers that are known.
enum PreTokenizerSteps {
  static let all: [any NamedPreTokenizer.Type] = [
    BertWords.self, ByteLevelWords.self, CharacterDelimiters.self, Digits.self,
    FixedLength.self, Metaspace.self, Punctuation.self, Split.self, UnicodeScripts.self,
    WhitespaceRuns.self, WhitespaceSplit.self,
  ]
}

import InterchangeBasics

/// `ByteLevel`: puts a space before words that have none, and cuts by GPT-2's pattern.
///
/// That every byte is spelled in GPT-2's alphabet then is left to the vocabulary, unless a step
/// comes after this one, which sees the spelled text; see ``ByteLevelSpelling``.
enum ByteLevelWords: NamedPreTokenizer {
  static let name = "ByteLevel"

  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep] {
    var steps: [any PreTokenizerStep] = []
    if try step.flag("add_prefix_space", default: true) { steps.append(SpaceBeforeWords()) }
    if try step.flag("use_regex", default: true) {
      steps.append(Cut(SplitPattern.gpt2, .isolated))
    }
    return steps
  }
}

/// Puts a space before each word that begins with none.
package struct SpaceBeforeWords: PreTokenizerStep {
  package init() {}

  package func apply(to words: inout WordList) {
    let space = UInt8(ascii: " ")
    let bytes = words.text.bytes
    words.prefix([space]) { bytes[$0.lowerBound] != space }
  }
}

/// Spells the bytes of words in GPT-2's alphabet.
struct ByteLevelSpelling: PreTokenizerStep {
  func apply(to words: inout WordList) {
    words.normalize(by: ByteLevelNormalization())
  }
}

/// `FixedLength`: words of a number of scalars.
struct FixedLength: PreTokenizerStep, NamedPreTokenizer {
  static let name = "FixedLength"
  let length: Int

  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep] {
    let length = step.value["length"]
    guard let number = length == nil ? 5 : length?.integer, number > 0 else {
      throw step.fault("length", "a positive number", found: length?.summary ?? "nothing")
    }
    return [FixedLength(length: number)]
  }

  func apply(to words: inout WordList) {
    let bytes = words.text.bytes
    words.ranges = words.ranges.flatMap { word in
      let reader = ScalarReader(bytes: bytes, end: word.upperBound)
      var pieces: [Range<Int>] = []
      var (start, index, count) = (word.lowerBound, word.lowerBound, 0)
      while index < word.upperBound {
        index = reader.scalar(at: index).end
        count += 1
        if count % length == 0 || index == word.upperBound {
          pieces.append(start..<index)
          start = index
        }
      }
      return pieces
    }
  }
}

import InterchangeBasics

/// "gpt2": byte-level byte-pair encoding, with words that `tokenizer.ggml.pre` names.
enum ByteLevelVocabulary: VocabularyKind {
  static let name = "gpt2"
  static let roles = VocabularyRoles()

  static func choices(
    of description: VocabularyDescription
  ) throws(TokenizerError) -> (addsBeginning: Bool, addsEnd: Bool) {
    (try words(description).addsBeginning, false)
  }

  static func parts(
    of description: VocabularyDescription, _ roles: VocabularyRoles
  ) throws(TokenizerError) -> TokenizerParts {
    let vocabulary = try description.vocabulary(spelled: .byteLevel)
    let words = try words(description)
    var encoder = PieceEncoder(
      alphabet: vocabulary.bytesOfAlphabet(),
      merges: try description.mergeTable(of: vocabulary))
    encoder.tokenCount = Int32(vocabulary.count)
    if words.takesWholeWords { encoder.wholeWords = vocabulary.wholeWords }
    var parts = TokenizerParts(
      vocabulary: vocabulary, added: [], preTokenizer: words.preTokenizer, encoder: encoder)
    if description.addsSpacePrefix ?? false {
      parts.normalizers = [PrefixText(" ")]
      parts.joining.droppedSpace = .everyFragment
    }
    return parts
  }

  private static func words(
    _ description: VocabularyDescription
  ) throws(TokenizerError) -> WordsKind {
    guard let name = description.preTokenizer, let words = WordsKind(name: name) else {
      throw description.fault(
        "pre", "a known pre-tokenizer, \(listed(WordsKind.names))",
        description.preTokenizer.map { quoted($0, upTo: 40) } ?? "none")
    }
    return words
  }
}

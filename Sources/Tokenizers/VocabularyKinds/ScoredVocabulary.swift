import InterchangeBasics

/// "llama": SentencePiece's byte-pair encoding, by scores.
enum ScoredVocabulary: VocabularyKind {
  static let name = "llama"
  static let roles = VocabularyRoles(beginning: 1, end: 2, unknown: 0)

  static func choices(
    of description: VocabularyDescription
  ) -> (addsBeginning: Bool, addsEnd: Bool) { (true, false) }

  static func parts(
    of description: VocabularyDescription, _ roles: VocabularyRoles
  ) throws(TokenizerError) -> TokenizerParts {
    let vocabulary = try description.vocabulary(
      spelled: .sentencePiece, hasByteTokens: true)
    let scores = try description.checkedScores()
    guard roles.unknown != nil || !vocabulary.byteTokens.contains(nil) else {
      throw description.fault(
        "unknown_token_id", "a token, as not all bytes have one", "none")
    }
    var parts = TokenizerParts(
      vocabulary: vocabulary, added: [],
      encoder: PieceEncoder(scores: scores, vocabulary: vocabulary, unknown: roles.unknown))
    if description.addsSpacePrefix ?? true {
      parts.normalizers = [PrefixText(" ")]
      parts.joining.droppedSpace = .everyFragment
    }
    parts.normalizers.append(Replacement(LiteralPattern(" "), with: "\u{2581}"))
    return parts
  }
}

/// "gemma4": SentencePiece's byte-pair encoding, by merges; line feeds are words of their own.
enum Gemma4Vocabulary: VocabularyKind {
  static let name = "gemma4"
  static let roles = VocabularyRoles()

  static func choices(
    of description: VocabularyDescription
  ) -> (addsBeginning: Bool, addsEnd: Bool) { (true, false) }

  static func parts(
    of description: VocabularyDescription, _ roles: VocabularyRoles
  ) throws(TokenizerError) -> TokenizerParts {
    let vocabulary = try description.vocabulary(spelled: .sentencePiece)
    var encoder = PieceEncoder(
      alphabet: vocabulary.singleScalars(),
      merges: try description.mergeTable(of: vocabulary))
    encoder.tokenCount = Int32(vocabulary.count)
    encoder.byteTokens = vocabulary.byteTokens
    encoder.wholeWords = vocabulary.wholeSpellings { $0.allSatisfy { $0 == "\n" } }
    return TokenizerParts(
      vocabulary: vocabulary, added: [],
      normalizers: [Replacement(LiteralPattern(" "), with: "\u{2581}")],
      preTokenizer: PreTokenizer(steps: [Cut(ScalarPattern { $0 == "\n" }, .contiguous)]),
      encoder: encoder)
  }
}

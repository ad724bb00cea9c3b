/// "t5": SentencePiece's Unigram, with its character map.
enum UnigramVocabulary: VocabularyKind {
  static let name = "t5"
  static let roles = VocabularyRoles(end: 1, unknown: 2)

  static func choices(
    of description: VocabularyDescription
  ) -> (addsBeginning: Bool, addsEnd: Bool) { (false, true) }

  static func parts(
    of description: VocabularyDescription, _ roles: VocabularyRoles
  ) throws(TokenizerError) -> TokenizerParts {
    let vocabulary = try description.vocabulary(
      spelled: .sentencePiece, hasByteTokens: true)
    let scores = try description.checkedScores().map(Double.init)
    let kinds = vocabulary.kinds
    let normal = scores.indices.filter { kinds[$0] == .normal }
    let encoder = UnigramEncoder(
      scores: scores.indices.map { kinds[$0] == .userDefined ? 0 : scores[$0] },
      pieces: scores.indices.filter { [.normal, .userDefined, .unused].contains(kinds[$0]) },
      vocabulary: vocabulary, unknown: roles.unknown.map { Int32($0) },
      lowest: normal.map { scores[$0] }.min())
    var normalization = SentencePieceNormalization()
    normalization.prefixesSpaces = false
    normalization.removesExtraSpaces = description.removesExtraSpaces ?? false
    // A space is put before each word, then, and so before the first.
    normalization.addsPrefix =
      description.addsSpacePrefix ?? false || normalization.removesExtraSpaces
    if let bytes = description.characterMap, !bytes.isEmpty {
      normalization.map = try CharacterMap(bytes) {
        description.fault("precompiled_charsmap", $0, $1)
      }
    }
    var parts = TokenizerParts(
      vocabulary: vocabulary, added: [], normalizers: [normalization], encoder: encoder)
    if normalization.addsPrefix { parts.joining.droppedSpace = .everyFragment }
    return parts
  }
}

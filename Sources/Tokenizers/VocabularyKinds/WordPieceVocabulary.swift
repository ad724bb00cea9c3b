/// "bert": WordPiece. The file spells pieces that begin a word with "▁" and those inside one
/// without a mark; they get BERT's spelling back, "the" and "##ing".
enum WordPieceVocabulary: VocabularyKind {
  static let name = "bert"
  static let roles = VocabularyRoles(beginning: 101, end: 102, unknown: 100, mask: 103)
  private static let mark = "##"

  static func choices(
    of description: VocabularyDescription
  ) -> (addsBeginning: Bool, addsEnd: Bool) { (true, true) }

  static func parts(
    of description: VocabularyDescription, _ roles: VocabularyRoles
  ) throws(TokenizerError) -> TokenizerParts {
    let vocabulary = try description.vocabulary(spelled: .plain) { text, kind in
      guard kind == .normal || kind == .unused, !text.isEmpty else { return text }
      let scalars = text.unicodeScalars
      return scalars.first == SentencePieceNormalization.mark
        ? String(scalars.dropFirst()) : mark + text
    }
    guard let unknown = roles.unknown else {
      throw description.fault("unknown_token_id", "a token", "none")
    }
    let lowercases = description.lowercases ?? true
    var parts = TokenizerParts(
      vocabulary: vocabulary, added: [],
      normalizers: [
        BertNormalization(
          cleans: true, spacesIdeographs: true,
          stripsAccents: description.stripsAccents ?? lowercases, lowercases: lowercases)
      ],
      preTokenizer: PreTokenizer(steps: BertWords.cuts),
      encoder: WordPieceEncoder(
        vocabulary: vocabulary, unknown: Int32(unknown), mark: Array(mark.utf8),
        maximumScalars: .max))
    parts.joining.form = .words(mark: Array(mark.utf8), cleansUp: true)
    if let first = roles.beginning, let last = roles.end {
      parts.templates.pair = [
        .special(first, type: 0), .text(0, type: 0), .special(last, type: 0), .text(1, type: 1),
        .special(last, type: 1),
      ]
    }
    return parts
  }
}

/// Takes each word for a token as it is.
struct WordLevelEncoder: WordEncoder {
  let vocabulary: Vocabulary
  /// The token of a word that is none.
  let unknown: Int32?

  func encode(
    _ word: Range<Int>, of text: [UInt8], into tokens: inout TokenList,
    scratch: inout MergeScratch
  ) {
    if let id = vocabulary.id(spelled: text[word]) ?? unknown { tokens.append(id, word) }
  }
}

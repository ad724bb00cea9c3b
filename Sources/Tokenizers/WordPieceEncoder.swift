/// Turns one word into the pieces of a WordPiece vocabulary: the longest that the word starts with,
/// then the longest that continues it, and so on (arXiv 1609.08144).
struct WordPieceEncoder: WordEncoder {
  let vocabulary: Vocabulary
  /// The token of a word that is no sequence of pieces, or too long.
  let unknown: Int32?
  /// The mark that pieces inside a word start with.
  let mark: [UInt8]
  /// The most scalars that a word may have.
  let maximumScalars: Int

  init(vocabulary: Vocabulary, unknown: Int32, mark: [UInt8], maximumScalars: Int) {
    (self.vocabulary, self.unknown) = (vocabulary, unknown)
    (self.mark, self.maximumScalars) = (mark, maximumScalars)
  }

  func encode(
    _ word: Range<Int>, of text: [UInt8], into tokens: inout TokenList,
    scratch: inout MergeScratch
  ) {
    var pieces: [(id: Int, bytes: Range<Int>)] = []
    var start = word.lowerBound
    guard text[word].count(where: { $0 & 0xC0 != 0x80 }) <= maximumScalars else {
      if let unknown { tokens.append(unknown, word) }
      return
    }
    while start < word.upperBound {
      guard let piece = longestPiece(start..<word.upperBound, of: text, isFirst: pieces.isEmpty)
      else {
        if let unknown { tokens.append(unknown, word) }
        return
      }
      pieces.append(piece)
      start = piece.bytes.upperBound
    }
    for piece in pieces { tokens.append(piece.id, piece.bytes) }
  }

  private func longestPiece(
    _ rest: Range<Int>, of text: [UInt8], isFirst: Bool
  ) -> (id: Int, bytes: Range<Int>)? {
    var candidate = isFirst ? [] : mark
    let offset = candidate.count
    candidate += text[rest]
    while candidate.count > offset {
      if let id = vocabulary.id(spelled: candidate) {
        return (Int(id), rest.lowerBound..<rest.lowerBound + candidate.count - offset)
      }
      // Off with the last scalar: its continuation bytes, then its first one.
      while candidate.count > offset, candidate.removeLast() & 0xC0 == 0x80 {}
    }
    return nil
  }
}

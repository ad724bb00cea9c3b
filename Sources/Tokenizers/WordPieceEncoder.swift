/// Turns one word into the pieces of a WordPiece vocabulary: the longest that the word starts with,
/// then the longest that continues it, and so on (arXiv 1609.08144).
struct WordPieceEncoder: Sendable {
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

  /// Calls `body` with the tokens of `text[word]` and the bytes of each.
  func encode(_ word: Range<Int>, of text: [UInt8], _ body: (Int, Range<Int>) -> Void) {
    var pieces: [(id: Int, bytes: Range<Int>)] = []
    var start = word.lowerBound
    guard text[word].count(where: { $0 & 0xC0 != 0x80 }) <= maximumScalars else {
      return appendUnknown(word, body)
    }
    while start < word.upperBound {
      guard let piece = longestPiece(start..<word.upperBound, of: text, isFirst: pieces.isEmpty)
      else { return appendUnknown(word, body) }
      pieces.append(piece)
      start = piece.bytes.upperBound
    }
    for piece in pieces { body(piece.id, piece.bytes) }
  }

  private func appendUnknown(_ word: Range<Int>, _ body: (Int, Range<Int>) -> Void) {
    if let unknown { body(Int(unknown), word) }
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

extension Tokenizer {
  /// The words of WordPiece tokens with spaces between; pieces inside a word are joined, and
  /// punctuation follows its word directly, as in the reference.
  func joined(_ ids: [Int], skippingSpecialTokens: Bool, continuing: Bool) -> [UInt8] {
    guard case .wordPiece(let encoder) = pipeline.encoder else { return [] }
    var bytes: [UInt8] = []
    var isFirst = !continuing
    for id in ids where 0..<count ~= id && !(skippingSpecialTokens && isSpecial(id)) {
      let piece = vocabulary.piece(id)
      if isFirst {
        bytes += piece
      } else if !encoder.mark.isEmpty, piece.starts(with: encoder.mark) {
        bytes += piece.dropFirst(encoder.mark.count)
      } else {
        let followsDirectly = Self.closingWords.contains(String(decoding: piece, as: UTF8.self))
        bytes += (followsDirectly ? [] : [UInt8(ascii: " ")]) + piece
      }
      isFirst = false
    }
    return bytes
  }

  /// Words that no space is put before.
  private static let closingWords: Set<String> = [
    ".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re",
  ]
}

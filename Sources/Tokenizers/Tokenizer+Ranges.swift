extension Tokenizer {
  /// The token ids of `text`, special tokens included, and for each token the bytes of the text
  /// (UTF-8 offsets) that it stands for; empty for tokens that are put around the text.
  public func encodeWithRanges(_ text: String) -> (ids: [Int], ranges: [Range<Int>]) {
    let ids = encode(text)
    if let aligned = wordPieces(of: text), aligned.ids == ids { return aligned }
    return (ids, countedRanges(of: ids, in: text))
  }

  /// Ranges by the tokens' lengths, which are the lengths of their text where nothing is
  /// normalized.
  private func countedRanges(of ids: [Int], in text: String) -> [Range<Int>] {
    let added = Set(encode(""))
    var ranges: [Range<Int>] = []
    var end = 0
    for (index, id) in ids.enumerated() {
      let isAdded = added.contains(id) && (index == 0 || index == ids.count - 1)
      let length =
        isAdded
        ? 0
        : decodeBytes([id], continuing: index > 0 && !ranges.allSatisfy(\.isEmpty)).count
      let next = min(text.utf8.count, end + length)
      ranges.append(end..<next)
      end = next
    }
    return ranges
  }

  /// The tokens of a WordPiece vocabulary with the normalized text of each; nil for other
  /// tokenizers.
  private func wordPieces(of text: String) -> (ids: [Int], ranges: [Range<Int>])? {
    guard case .wordPiece(let encoder) = pipeline.encoder, pipeline.normalizers.count == 1,
      case .bert(let normalization) = pipeline.normalizers[0]
    else { return nil }
    let bytes = Array(text.utf8)
    var ids = pipeline.prefix
    var ranges = pipeline.prefix.map { _ in 0..<0 }
    var end = 0
    for fragment in fragments(of: bytes, trusted: .all) {
      guard case .text(let range) = fragment else {
        guard case .token(let id) = fragment else { continue }
        let next = min(bytes.count, end + vocabulary.piece(id).count)
        ids.append(id)
        ranges.append(end..<next)
        end = next
        continue
      }
      let (normalized, origins) = normalization.aligned(Array(bytes[range]))
      pipeline.preTokenizer.forEachWord(of: normalized) { text, word in
        encoder.encode(word, of: text) { id, piece in
          let origin =
            origins[piece.lowerBound].lowerBound..<origins[piece.upperBound - 1].upperBound
          ids.append(id)
          ranges.append(origin.lowerBound + range.lowerBound..<origin.upperBound + range.lowerBound)
        }
      }
      end = range.upperBound
    }
    ids += pipeline.suffix
    ranges += pipeline.suffix.map { _ in bytes.count..<bytes.count }
    return (ids, ranges)
  }
}

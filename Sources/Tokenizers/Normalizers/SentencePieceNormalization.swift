/// SentencePiece's own normalization: the character map, longest match first, the spaces at the
/// ends and before other spaces, the space before the text, and the mark for spaces.
struct SentencePieceNormalization: Normalizer {
  /// The mark that stands for a space in pieces.
  static let mark: Unicode.Scalar = "\u{2581}"

  var map: CharacterMap?
  /// Texts that the map leaves as they are.
  var kept: PieceTrie?
  var addsPrefix = true
  /// True when there is a space before a text of nothing but spaces, too.
  var prefixesSpaces = true
  var removesExtraSpaces = true
  var escapesSpaces = true

  func apply(to text: AlignedText) -> AlignedText {
    let bytes = text.bytes
    let space = UInt8(ascii: " ")
    return text.rebuilt { builder in
      // Spaces wait until something comes after them.
      var spaces: [Range<Int>] = []
      var isEmpty = true
      func appendSpace(_ part: Range<Int>) {
        builder.append(escapesSpaces ? Self.mark : " ", for: part)
      }
      func flush() {
        if isEmpty, addsPrefix { appendSpace(0..<0) }
        if removesExtraSpaces {
          if !isEmpty, let first = spaces.first, let last = spaces.last {
            appendSpace(first.lowerBound..<last.upperBound)
          }
        } else {
          for part in spaces { appendSpace(part) }
        }
        spaces.removeAll(keepingCapacity: true)
        isEmpty = false
      }
      func append(_ scalar: ArraySlice<UInt8>, for part: Range<Int>) {
        if scalar.first == space, scalar.count == 1 {
          spaces.append(part)
        } else {
          flush()
          builder.append(scalar, for: part)
        }
      }
      let reader = ScalarReader(bytes: bytes, end: bytes.count)
      var index = 0
      while index < bytes.count {
        if let kept, let length = kept.longestMatch(from: index, in: bytes) {
          let end = index + length
          while index < end {
            let next = reader.scalar(at: index).end
            append(bytes[index..<next], for: index..<next)
            index = next
          }
        } else if let found = map?.longest(from: index, of: bytes) {
          let part = index..<index + found.length
          for scalar in String(decoding: found.replacement, as: UTF8.self).unicodeScalars {
            append(Array(UTF8.encode(scalar)!)[...], for: part)
          }
          index += found.length
        } else {
          let end = reader.scalar(at: index).end
          append(bytes[index..<end], for: index..<end)
          index = end
        }
      }
      if !removesExtraSpaces, !spaces.isEmpty {
        if !prefixesSpaces { isEmpty = false }
        flush()
      }
    }
  }
}

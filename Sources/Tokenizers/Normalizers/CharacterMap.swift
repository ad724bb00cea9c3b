import Foundation
import InterchangeBasics

/// The `precompiled_charsmap` of a SentencePiece model: texts and what each becomes.
///
/// 1. The size in bytes of the trie (UInt32, little-endian, as all numbers).
/// 2. The trie, a double array of UInt32 (darts-clone): bits 0…7 label, 8 has a leaf, 9 and 10…30
///    the offset of the children; in leaves bits 0…30 are the value.
/// 3. The replacements, each with a zero at its end; a value is the place of one.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Reads a map; `fault` makes an error of what was expected and found.
  init(
    _ bytes: [UInt8], fault: (_ expected: String, _ found: String) -> TokenizerError
  ) throws(TokenizerError) {
    func number(at index: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) }
    }
    guard bytes.count >= 4 else {
      throw fault("a character map of at least 4 bytes", "\(bytes.count)")
    }
    let size = Int(number(at: 0))
    guard size % 4 == 0, size > 0, size <= bytes.count - 4 else {
      throw fault("a trie of at most \(bytes.count - 4) bytes, of 4 each", "one of \(size)")
    }
    units = (0..<size / 4).map { number(at: 4 + 4 * $0) }
    replacements = Array(bytes[(4 + size)...])
  }

  /// Calls `body` with the length and the replacement's place of each text in the map that `text`
  /// starts with from `start` on, the shortest first, until it returns false.
  private func forEachPrefix(
    of text: [UInt8], from start: Int, to end: Int, _ body: (Int, Int) -> Bool
  ) {
    var place = offset(of: units[0])
    for index in start..<end where text[index] != 0 {
      place ^= Int(text[index])
      guard place < units.count else { return }
      let unit = units[place]
      guard unit & 0x8000_00FF == UInt32(text[index]) else { return }
      place ^= offset(of: unit)
      if unit >> 8 & 1 == 1 {
        guard place < units.count else { return }
        guard body(index + 1 - start, Int(units[place] & 0x7FFF_FFFF)) else { return }
      }
    }
  }

  private func offset(of unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 1 << 9) >> 6)
  }

  private func replacement(at place: Int) -> ArraySlice<UInt8>? {
    guard place < replacements.count else { return nil }
    let rest = replacements[place...]
    let text = rest.prefix { $0 != 0 }
    // A map may be damaged; what comes out has to be text.
    return text.endIndex < rest.endIndex && String(validating: text, as: UTF8.self) != nil
      ? text : nil
  }

  /// What the shortest text of the map that a part of `text` starts with becomes.
  func shortest(_ part: Range<Int>, of text: [UInt8]) -> ArraySlice<UInt8>? {
    var found: Int?
    forEachPrefix(of: text, from: part.lowerBound, to: part.upperBound) {
      found = $1
      return false
    }
    return found.flatMap(replacement)
  }

  /// What the longest text of the map that `text` starts with from `start` on becomes, and its
  /// length.
  func longest(
    from start: Int, of text: [UInt8]
  ) -> (replacement: ArraySlice<UInt8>, length: Int)? {
    var found: (Int, Int)?
    forEachPrefix(of: text, from: start, to: text.count) {
      found = ($0, $1)
      return true
    }
    guard let found, let replacement = replacement(at: found.1) else { return nil }
    return (replacement, found.0)
  }
}

/// A character map as the `tokenizers` library applies it: to characters with their marks where
/// they have less than six bytes, and otherwise scalar by scalar. What such a character starts with
/// decides for all of it, whatever follows.
struct PrecompiledNormalization: NormalizerStep {
  static let name = "Precompiled"
  let map: CharacterMap

  init(_ map: CharacterMap) { self.map = map }

  init(_ step: FileStep) throws(TokenizerError) {
    let text = try step.text("precompiled_charsmap")
    guard let data = Data(base64Encoded: text) else {
      throw step.fault("precompiled_charsmap", "Base64", found: "other text")
    }
    map = try CharacterMap(Array(data)) {
      step.fault("precompiled_charsmap", $0, found: $1)
    }
  }

  func apply(to text: AlignedText) -> AlignedText {
    text.rebuilt { builder in
      var start = 0
      for character in String(decoding: text.bytes, as: UTF8.self) {
        let part = start..<start + character.utf8.count
        start = part.upperBound
        if part.count < 6, let replacement = map.shortest(part, of: text.bytes) {
          builder.append(replacement, for: part)
          continue
        }
        var index = part.lowerBound
        for scalar in character.unicodeScalars {
          let scalarPart = index..<index + UTF8.width(scalar)
          index = scalarPart.upperBound
          if let replacement = map.shortest(scalarPart, of: text.bytes) {
            builder.append(replacement, for: scalarPart)
          } else {
            builder.keep(scalarPart)
          }
        }
      }
    }
  }
}

import Foundation

/// A change to the text between added tokens, before it is cut into words.
package enum Normalizer: Equatable, Sendable {
  /// Canonical composition (Unicode NFC).
  case canonicalComposition
  /// Text put before a fragment that is not empty.
  case prepend(String)
  /// Every occurrence of a text replaced by another.
  case replace(String, with: String)
  /// BERT's changes to a text.
  case bert(BertNormalization)

  /// The normalized text.
  package func apply(to text: [UInt8]) -> [UInt8] {
    switch self {
    case .canonicalComposition:
      // Scalars below U+0300 neither combine with others nor have a shorter form.
      guard text.contains(where: { $0 >= 0xCC }) else { return text }
      let whole = Self.tibetanVowels.reduce(text) { Self.replacing($1.0, by: $1.1, in: $0) }
      let composed = String(decoding: whole, as: UTF8.self).precomposedStringWithCanonicalMapping
      return Array(Self.composingHangul(composed).utf8)
    case .prepend(let prefix):
      return text.isEmpty ? text : Array(prefix.utf8) + text
    case .replace(let pattern, let replacement):
      return Self.replacing(Array(pattern.utf8), by: Array(replacement.utf8), in: text)
    case .bert(let normalization):
      return normalization.apply(to: text)
    }
  }

  /// Signs that decompose into two marks, which Foundation doesn't put in order with others.
  private static let tibetanVowels = [
    ("\u{F73}", "\u{F71}\u{F72}"), ("\u{F75}", "\u{F71}\u{F74}"), ("\u{F81}", "\u{F71}\u{F80}"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  private static func replacing(
    _ pattern: [UInt8], by replacement: [UInt8], in text: [UInt8]
  ) -> [UInt8] {
    guard let first = pattern.first else { return text }
    var replaced: [UInt8] = []
    replaced.reserveCapacity(text.count + text.count / 2)
    var index = 0
    while index < text.count {
      if text[index] == first, text[index...].starts(with: pattern) {
        replaced += replacement
        index += pattern.count
      } else {
        replaced.append(text[index])
        index += 1
      }
    }
    return replaced
  }

  /// Joins a syllable without a final consonant to the final consonant after it, which Foundation
  /// leaves apart (Unicode, section 3.12).
  private static func composingHangul(_ text: String) -> String {
    let finals: ClosedRange<UInt32> = 0x11A8...0x11C2
    guard text.unicodeScalars.contains(where: { finals.contains($0.value) }) else { return text }
    var composed = String.UnicodeScalarView()
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if let syllable = last, (0xAC00...0xD7A3).contains(syllable.value),
        (syllable.value - 0xAC00) % 28 == 0, finals.contains(scalar.value)
      {
        last = Unicode.Scalar(syllable.value + scalar.value - 0x11A7)
      } else {
        if let last { composed.append(last) }
        last = scalar
      }
    }
    if let last { composed.append(last) }
    return String(composed)
  }
}

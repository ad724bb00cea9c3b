import Foundation

/// BERT's changes to a text before it is cut into words (the original `BasicTokenizer`): control
/// characters go, ideographs become words, accents go, capitals become small.
package struct BertNormalization: Equatable, Sendable {
  /// True when control characters go and white space becomes spaces.
  package var cleans: Bool
  /// True when spaces are put around ideographs.
  package var spacesIdeographs: Bool
  /// True when the text is decomposed canonically (Unicode NFD) and loses the non-spacing marks.
  package var stripsAccents: Bool
  /// True when capitals become small letters.
  package var lowercases: Bool

  /// Normalization by the four steps that are chosen.
  package init(cleans: Bool, spacesIdeographs: Bool, stripsAccents: Bool, lowercases: Bool) {
    (self.cleans, self.spacesIdeographs) = (cleans, spacesIdeographs)
    (self.stripsAccents, self.lowercases) = (stripsAccents, lowercases)
  }

  func apply(to text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 8)
    forEachScalar(of: text) { scalar, _ in result.append(contentsOf: UTF8.encode(scalar)!) }
    return result
  }

  /// The normalized text, and for each of its bytes the bytes of the text it comes from.
  func aligned(_ text: [UInt8]) -> (text: [UInt8], origins: [Range<Int>]) {
    var result: [UInt8] = []
    var origins: [Range<Int>] = []
    forEachScalar(of: text) { scalar, origin in
      for byte in UTF8.encode(scalar)! {
        result.append(byte)
        origins.append(origin)
      }
    }
    return (result, origins)
  }

  /// Calls `body` with each scalar of the result and the bytes that it comes from.
  private func forEachScalar(of text: [UInt8], _ body: (Unicode.Scalar, Range<Int>) -> Void) {
    let reader = ScalarReader(bytes: text, end: text.count)
    // Combining scalars wait here until they can be put in canonical order.
    var waiting: [(scalar: Unicode.Scalar, origin: Range<Int>)] = []
    func write(_ scalar: Unicode.Scalar, _ origin: Range<Int>) {
      guard lowercases else { return body(scalar, origin) }
      if scalar.value < 0x80 {
        body(Unicode.Scalar(UInt8(scalar.value).asciiLowercased), origin)
      } else {
        for small in scalar.properties.lowercaseMapping.unicodeScalars { body(small, origin) }
      }
    }
    func flush() {
      guard !waiting.isEmpty else { return }
      for (scalar, origin) in waiting.sorted(by: { $0.scalar.order < $1.scalar.order })
      where !scalar.isNonSpacingMark {
        write(scalar, origin)
      }
      waiting.removeAll(keepingCapacity: true)
    }
    func decompose(_ scalar: Unicode.Scalar, _ origin: Range<Int>) {
      // Scalars below U+00C0 neither decompose nor combine.
      guard stripsAccents, scalar.value >= 0xC0 else {
        flush()
        return write(scalar, origin)
      }
      for part in String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars {
        if part.order > 0 {
          waiting.append((part, origin))
        } else {
          flush()
          if !part.isNonSpacingMark { write(part, origin) }
        }
      }
    }
    var index = 0
    while index < text.count {
      var (scalar, end) = reader.scalar(at: index)
      let origin = index..<end
      index = end
      if cleans {
        if scalar.isBertControl { continue }
        if scalar.properties.isWhitespace { scalar = " " }
      }
      let isApart = spacesIdeographs && scalar.isIdeograph
      if isApart { decompose(" ", origin.lowerBound..<origin.lowerBound) }
      decompose(scalar, origin)
      if isApart { decompose(" ", origin.upperBound..<origin.upperBound) }
    }
    flush()
  }
}

extension UInt8 {
  fileprivate var asciiLowercased: UInt8 { 0x41...0x5A ~= self ? self + 0x20 : self }
}

extension Unicode.Scalar {
  /// The canonical combining class.
  fileprivate var order: UInt8 { properties.canonicalCombiningClass.rawValue }

  /// The general category in Unicode 8, whose tables the reference keeps.
  private var categoryOfUnicode8: Unicode.GeneralCategory {
    guard let age = properties.age, age.major <= 8 else { return .unassigned }
    return switch value {
    case 0x166D, 0x111C9: .otherPunctuation
    case 0x1734, 0x1171E: .nonspacingMark
    case 0x1885, 0x1886: .otherLetter
    case 0xA9BD: .spacingMark
    default: properties.generalCategory
    }
  }

  fileprivate var isNonSpacingMark: Bool {
    value >= 0x300 && categoryOfUnicode8 == .nonspacingMark
  }

  /// True for the characters that are taken out of a text: control, format and private ones.
  fileprivate var isBertControl: Bool {
    if value < 0x80 {
      return (value < 0x20 || value == 0x7F) && self != "\t" && self != "\n" && self != "\r"
    }
    if self == "\u{FFFD}" { return true }
    return switch categoryOfUnicode8 {
    case .control, .format, .privateUse: true
    default: false
    }
  }

  /// True for all of ASCII that is neither letter, digit, space nor control, and for Unicode's
  /// punctuation.
  var isBertPunctuation: Bool {
    if value < 0x80 {
      return 0x21...0x2F ~= value || 0x3A...0x40 ~= value || 0x5B...0x60 ~= value
        || 0x7B...0x7E ~= value
    }
    return switch categoryOfUnicode8 {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// True in the blocks that BERT calls Chinese: unified and compatibility ideographs, no kana, no
  /// hangul.
  ///
  /// Extension E starts at U+2B820; the reference starts it 256 scalars later, and so does this.
  fileprivate var isIdeograph: Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

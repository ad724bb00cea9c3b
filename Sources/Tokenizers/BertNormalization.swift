/// BERT's changes to a text before it is cut into words (the original `BasicTokenizer`): control
/// characters go, ideographs become words, accents go, capitals become small.
struct BertNormalization: NormalizerStep {
  static let name = "BertNormalizer"

  /// True when control characters go and white space becomes spaces.
  var cleans: Bool
  /// True when spaces are put around ideographs.
  var spacesIdeographs: Bool
  /// True when the text is decomposed canonically (Unicode NFD) and loses the non-spacing marks.
  var stripsAccents: Bool
  /// True when capitals become small letters.
  var lowercases: Bool

  /// Normalization by the four steps that are chosen.
  init(cleans: Bool, spacesIdeographs: Bool, stripsAccents: Bool, lowercases: Bool) {
    (self.cleans, self.spacesIdeographs) = (cleans, spacesIdeographs)
    (self.stripsAccents, self.lowercases) = (stripsAccents, lowercases)
  }

  init(_ step: FileStep) throws(TokenizerError) {
    lowercases = try step.flag("lowercase", default: true)
    cleans = try step.flag("clean_text", default: true)
    spacesIdeographs = try step.flag("handle_chinese_chars", default: true)
    // Left open, accents go where capitals do.
    stripsAccents = try step.flag("strip_accents", default: lowercases)
  }

  func apply(to text: AlignedText) -> AlignedText {
    var text = text
    if cleans {
      text = text.mapScalars { scalar in
        scalar.isBertControl
          ? .remove : scalar != " " && scalar.properties.isWhitespace ? .replace([" "]) : .keep
      }
    }
    if spacesIdeographs { text = Self.spacingIdeographs(text) }
    if stripsAccents {
      text = NormalForm(isCompatible: false, composes: false).apply(to: text)
        .mapScalars { $0.isNonSpacingMark ? .remove : .keep }
    }
    return lowercases ? Lowercase().apply(to: text) : text
  }

  private static func spacingIdeographs(_ text: AlignedText) -> AlignedText {
    // All ideographs have at least three bytes.
    guard text.bytes.contains(where: { $0 >= 0xE3 }) else { return text }
    return text.rebuilt { builder in
      text.forEachScalar { scalar, part in
        let isApart = scalar.isIdeograph
        if isApart { builder.append(" ", for: part.lowerBound..<part.lowerBound) }
        builder.keep(part)
        if isApart { builder.append(" ", for: part.upperBound..<part.upperBound) }
      }
    }
  }
}

extension Unicode.Scalar {
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

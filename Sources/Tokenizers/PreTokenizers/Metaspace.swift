import InterchangeBasics

/// `Metaspace`: writes "▁" for spaces, puts one before words, and cuts before each.
struct Metaspace: PreTokenizerStep, NamedPreTokenizer {
  static let name = "Metaspace"

  /// The words that get a mark before them, unless they begin with one.
  enum Scheme: String, CaseIterable {
    case always
    /// The word at the beginning of the text.
    case first
    case never
  }

  var scheme: Scheme
  var cuts: Bool

  private static let mark = SentencePieceNormalization.mark

  static func steps(_ step: FileStep) throws(TokenizerError) -> [any PreTokenizerStep] {
    guard try step.text("replacement") == String(mark) else {
      throw step.fault("replacement", "\"▁\"", found: step.value["replacement"]?.summary ?? "")
    }
    return [
      Metaspace(scheme: try scheme(step), cuts: try step.flag("split", default: true))
    ]
  }

  /// The scheme that a step of a file names.
  static func scheme(_ step: FileStep) throws(TokenizerError) -> Scheme {
    // Files of older versions have a flag.
    let adds = try step.flag("add_prefix_space", default: true)
    let usual = adds ? Scheme.always : .never
    guard let value = step.value["prepend_scheme"] else { return usual }
    guard let scheme = value.string.flatMap(Scheme.init(rawValue:)) else {
      throw step.fault(
        "prepend_scheme", listed(Scheme.allCases.map(\.rawValue)), found: value.summary)
    }
    return adds ? scheme : .never
  }

  func apply(to words: inout WordList) {
    let space = UInt8(ascii: " ")
    let bytes = words.text.bytes
    let mark = Array(String(Self.mark).utf8)
    let isAtBeginning = words.text.isAtBeginning
    if scheme != .never {
      words.prefix(mark) { word in
        guard scheme == .always || isAtBeginning && word.lowerBound == 0 else { return false }
        return bytes[word.lowerBound] != space
          && !bytes[word].starts(with: mark)
      }
    }
    words.normalize(by: Replacement(LiteralPattern(" "), with: String(Self.mark)))
    if cuts { Cut(LiteralPattern(String(Self.mark)), .mergedWithNext).apply(to: &words) }
  }
}

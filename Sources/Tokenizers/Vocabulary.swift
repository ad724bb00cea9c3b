import InterchangeBasics

/// The kind, the spelling and the bytes of each token id.
struct Vocabulary: Sendable {
  /// The kinds of tokens, numbered as in `tokenizer.ggml.token_type`.
  enum Kind: Int32, Sendable {
    case normal = 1
    case unknown = 2
    case control = 3
    case userDefined = 4
    case unused = 5
    case byte = 6
  }

  /// The way from a normal token's spelling to its text.
  struct Spelling: Sendable {
    enum Form: Sendable {
      /// Bytes in the printable alphabet of GPT-2.
      case byteLevel
      /// Text with "▁" for spaces (SentencePiece).
      case sentencePiece
      /// Text as it is.
      case plain
    }

    var form: Form
    /// The mark of a word's end, which stands for the space after it.
    var suffix = ""
    /// Changes to the spelling before all else.
    var changes: [@Sendable (String) -> String] = []

    static let byteLevel = Spelling(form: .byteLevel)
    static let sentencePiece = Spelling(form: .sentencePiece)
    static let plain = Spelling(form: .plain)
  }

  /// More bytes than any token has; cutting a token at every place stays cheap below it.
  private static let maximumLength = 4096

  /// The kind of each token.
  private(set) var kinds: [Kind] = []
  let spelling: Spelling

  private var spellings: [String] = []
  private var ids: [ByteString: Int32] = [:]
  private var bytes: [UInt8] = []
  private var ends: [Int] = [0]

  init(spelling: Spelling, count: Int) {
    self.spelling = spelling
    kinds.reserveCapacity(count)
    spellings.reserveCapacity(count)
    ids.reserveCapacity(count)
    ends.reserveCapacity(count + 1)
  }

  var count: Int { kinds.count }

  /// Adds the token after the last one. `fault` makes an error of what was expected and found.
  ///
  /// Tokens without text are ids that nothing can be encoded to; there may be several.
  mutating func append(
    _ text: String, kind: Kind, fault: (_ expected: String, _ found: String) -> TokenizerError
  ) throws(TokenizerError) {
    guard text.utf8.count <= Self.maximumLength else {
      throw fault("at most \(Self.maximumLength) bytes", "\(text.utf8.count)")
    }
    guard let piece = piece(of: text, kind: kind) else {
      throw fault("a byte token spelled as <0x0A>", quoted(text, upTo: 40))
    }
    if !text.isEmpty, let earlier = ids.updateValue(Int32(count), forKey: ByteString(text)) {
      let found = "\(quoted(text, upTo: 40)) again, which is token \(earlier)"
      throw fault("each token once", found)
    }
    kinds.append(kind)
    spellings.append(text)
    bytes += piece
    ends.append(bytes.count)
  }

  /// The token with this spelling in the vocabulary.
  func id(spelled text: String) -> Int32? {
    ids[ByteString(text)]
  }

  /// The token that is spelled by these bytes.
  func id(spelled bytes: some Sequence<UInt8>) -> Int32? {
    ids[ByteString(bytes)]
  }

  /// The spelling of a token, e.g. "Ġthe" or "▁the".
  func spelling(of id: Int) -> String {
    spellings[id]
  }

  /// The bytes that a token stands for.
  func piece(_ id: Int) -> ArraySlice<UInt8> {
    bytes[ends[id]..<ends[id + 1]]
  }

  /// The tokens `<0x00>`…`<0xFF>`.
  var byteTokens: [Int32?] {
    (0...255).map { id(spelled: Self.byteSpelling($0)) }
  }

  private func piece(of text: String, kind: Kind) -> [UInt8]? {
    switch kind {
    case .byte:
      return Self.byte(spelled: text).map { [$0] }
    case .normal, .unused:
      let changed = spelling.changes.reduce(text) { $1($0) }
      switch spelling.form {
      case .byteLevel:
        return withSpace(ByteLevelAlphabet.decode(changed) ?? Array(changed.utf8))
      case .sentencePiece: return withSpace(Self.unescapingSpaces(changed))
      case .plain: return withSpace(Array(changed.utf8))
      }
    case .userDefined where spelling.form == .sentencePiece:
      return Self.unescapingSpaces(text)
    case .unknown, .control, .userDefined:
      return Array(text.utf8)
    }
  }

  /// The bytes with a space for the mark of a word's end.
  private func withSpace(_ bytes: [UInt8]) -> [UInt8] {
    let suffix = Array(spelling.suffix.utf8)
    guard !suffix.isEmpty, bytes.count >= suffix.count,
      bytes[(bytes.count - suffix.count)...].elementsEqual(suffix)
    else { return bytes }
    return bytes.dropLast(suffix.count) + [UInt8(ascii: " ")]
  }

  private static func unescapingSpaces(_ text: String) -> [UInt8] {
    var unescaped: [UInt8] = []
    for scalar in text.unicodeScalars {
      if scalar == "\u{2581}" {
        unescaped.append(UInt8(ascii: " "))
      } else {
        unescaped += UTF8.encode(scalar).map(Array.init) ?? []
      }
    }
    return unescaped
  }

  /// The byte that a text of the form `<0x0A>` names.
  static func byte(spelled text: String) -> UInt8? {
    guard text.utf8.count == 6, text.hasPrefix("<0x"), text.hasSuffix(">") else { return nil }
    return UInt8(text.dropFirst(3).dropLast(), radix: 16)
  }

  private static func byteSpelling(_ byte: Int) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
  }
}

/// The way in which the pieces of tokens make a text.
struct PieceJoining: Sendable {
  enum Form: Sendable {
    /// One after another.
    case direct
    /// With spaces between, but for pieces with a mark that says that they continue a word, and,
    /// where the text is cleaned up, for some punctuation (WordPiece).
    case words(mark: [UInt8], cleansUp: Bool)
    /// With spaces between.
    case spaced
  }

  /// The spaces that are put before a text when it is encoded, and go when it is decoded.
  enum DroppedSpace: Sendable {
    case none
    /// The one at the beginning.
    case first
    /// The one at the beginning, and those after tokens that stand for themselves.
    case everyFragment
  }

  var form = Form.direct
  var droppedSpace = DroppedSpace.none
  /// True when a space at the end of the text goes.
  var dropsLastSpace = false
}

/// Puts the pieces of tokens together, one after another.
struct PieceJoiner: Sendable {
  private let tokenizer: Tokenizer
  private let skippingSpecialTokens: Bool
  private var isFirst: Bool
  private var dropsSpace: Bool
  /// True when a space waits for what comes after it.
  private var holdsSpace = false

  private static let space = UInt8(ascii: " ")

  init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool, continuing: Bool) {
    self.tokenizer = tokenizer
    self.skippingSpecialTokens = skippingSpecialTokens
    isFirst = !continuing
    if case .none = tokenizer.joining.droppedSpace {
      dropsSpace = false
    } else {
      dropsSpace = !continuing
    }
  }

  /// Appends the text of a token; an id that names none adds nothing.
  mutating func append(_ id: Int, to bytes: inout [UInt8]) {
    guard 0..<tokenizer.count ~= id else { return }
    let isLiteral = [.control, .userDefined].contains(tokenizer.vocabulary.kinds[id])
    if !(skippingSpecialTokens && tokenizer.isSpecial(id)) {
      var piece = tokenizer.vocabulary.piece(id)
      if !isLiteral {
        if dropsSpace, piece.first == Self.space { piece = piece.dropFirst() }
        dropsSpace = false
      }
      append(piece, to: &bytes)
    }
    guard isLiteral else { return }
    switch tokenizer.joining.droppedSpace {
    case .everyFragment: dropsSpace = true
    case .first where !tokenizer.isSpecial(id): dropsSpace = false
    case .first, .none: break
    }
  }

  private mutating func append(_ piece: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    var piece = piece
    switch tokenizer.joining.form {
    case .direct: break
    case .spaced:
      if !isFirst { bytes.append(Self.space) }
    case .words(let mark, let cleansUp):
      if isFirst { break }
      if !mark.isEmpty, piece.starts(with: mark) {
        piece = piece.dropFirst(mark.count)
      } else if !cleansUp
        || !Self.closingWords.contains(String(decoding: piece, as: UTF8.self))
      {
        bytes.append(Self.space)
      }
    }
    isFirst = false
    if holdsSpace { bytes.append(Self.space) }
    holdsSpace = tokenizer.joining.dropsLastSpace && piece.last == Self.space
    bytes += holdsSpace ? piece.dropLast() : piece
  }

  /// Words that no space is put before.
  private static let closingWords: Set<String> = [
    ".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re",
  ]
}

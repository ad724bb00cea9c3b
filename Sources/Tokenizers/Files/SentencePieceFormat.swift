import Foundation
import InterchangeBasics

/// A folder with SentencePiece's model, under one of the names that transformers gives it, or with
/// LLaMA 3's tiktoken file, which has the same name.
enum SentencePieceFormat: TokenizerFormat {
  static let files = "tokenizer.model"
  private static let names = [
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model",
    "sentencepiece.model",
  ]

  static func isPresent(in folder: URL) -> Bool { file(in: folder, among: names) != nil }

  static func tokenizer(in folder: URL) throws(TokenizerError) -> Tokenizer {
    guard let url = file(in: folder, among: names) else {
      programmerError("no SentencePiece model in \(folder.path)")
    }
    let bytes = try Tokenizer.bytes(of: url)
    guard SentencePieceModel.isModel(bytes) else {
      guard TiktokenFormat.isRanks(bytes) else {
        throw TokenizerError(
          source: url.path, field: "",
          expected: "a SentencePiece model, or lines of a token in Base64 and its rank",
          found: bytes.isEmpty ? "nothing" : "other bytes")
      }
      return try TiktokenFormat.tokenizer(url, bytes)
    }
    let settings = try TokenizerSettings(folder: folder)
    let kind = try SentencePieceKind(TokenizerClass(folder: folder, settings))
    let model = try SentencePieceModel(name: url.path, bytes: bytes)
    return try Tokenizer(
      kind.parts(of: model, settings), settings: settings,
      chatTemplate: Tokenizer.chatTemplate(in: folder))
  }
}

/// The way in which a class of transformers takes a SentencePiece model; without a class that is
/// known, SentencePiece's own way.
struct SentencePieceKind: Sendable {
  /// The names of the class without "Tokenizer".
  var names: [String]
  /// The usual texts of tokens in roles.
  var roles: [String: String]
  /// The pieces, in the order of their ids.
  var pieces: Pieces =
    { model, _ in
      model.pieces.map { Piece(text: $0.text, score: $0.score, kind: $0.kind) }
    }
  /// The id of the unknown token; the model's without it.
  var unknown: Int?
  /// False when text that can't be expressed is dropped.
  var hasUnknown = true
  /// The steps before pieces are made.
  var steps: StepsOfModel
  /// The roles of the tokens before a text and after it.
  var prefix: [String] = []
  var suffix: [String] = []
  /// The token type of a second text, and the number of marks between two.
  var secondType = 0
  var marksBetween = 1
  /// True when pieces that users defined are found in the text before it is normalized.
  var findsDefinedPieces = true

  typealias Piece = (text: String, score: Float, kind: Vocabulary.Kind)

  typealias Pieces =
    @Sendable (
      SentencePieceModel, TokenizerSettings?
    ) throws(TokenizerError) -> [Piece]

  typealias StepsOfModel =
    @Sendable (
      SentencePieceModel, TokenizerSettings?
    ) throws(TokenizerError) -> Steps

  struct Steps {
    var normalizers: [any Normalizer] = []
    var words: [any PreTokenizerStep] = []
    var droppedSpace = PieceJoining.DroppedSpace.first
  }

  init(
    _ names: [String], _ roles: [String: String],
    steps: @escaping StepsOfModel
  ) {
    (self.names, self.roles, self.steps) = (names, roles, steps)
  }

  /// The kind for a class; SentencePiece's own way without one.
  init(_ tokenizerClass: TokenizerClass) throws(TokenizerError) {
    self = try tokenizerClass.kind(among: Self.all.map { ($0.names, $0) }) ?? Self.own
  }

  func parts(
    of model: SentencePieceModel, _ settings: TokenizerSettings?
  ) throws(TokenizerError) -> TokenizerParts {
    var pieces = try pieces(model, settings)
    var added: [AddedToken] = []
    for (id, piece) in pieces.enumerated()
    where piece.kind == .control || piece.kind == .userDefined && findsDefinedPieces {
      added.append(
        AddedToken(id: id, content: piece.text, isSpecial: piece.kind == .control))
    }
    let defined = pieces.indices.filter { pieces[$0].kind == .userDefined }
    if findsDefinedPieces {
      // The unknown piece is text unless it has that role, too.
      for id in pieces.indices where pieces[id].kind == .unknown { pieces[id].kind = .normal }
    } else {
      for id in defined { pieces[id].kind = .normal }
    }
    try addRoles(to: &pieces, &added, settings)

    let unknown = self.unknown ?? model.unknown
    var vocabulary = Vocabulary(spelling: .sentencePiece, count: pieces.count)
    for (id, piece) in pieces.enumerated() {
      try vocabulary.append(piece.text, kind: piece.kind) {
        model.fault("pieces[\(id)]", $0, $1)
      }
    }
    let steps = try steps(model, settings)
    var parts = TokenizerParts(
      vocabulary: vocabulary, added: added, normalizers: steps.normalizers,
      preTokenizer: PreTokenizer(steps: steps.words),
      encoder: encoder(model, pieces, vocabulary, unknown: unknown, defined: Set(defined)))
    parts.joining.droppedSpace = steps.droppedSpace
    parts.roles = allRoles(model)
    parts.templates = templates(of: vocabulary, parts.roles, settings)
    return parts
  }

  private func encoder(
    _ model: SentencePieceModel, _ pieces: [Piece], _ vocabulary: Vocabulary, unknown: Int,
    defined: Set<Int>
  ) -> any WordEncoder {
    // With SentencePiece, pieces that are unused make no text; with the `tokenizers` library they
    // do.
    let usable = pieces.indices.filter {
      switch pieces[$0].kind {
      case .normal: findsDefinedPieces || !defined.contains($0)
      case .unused, .userDefined: findsDefinedPieces
      case .unknown, .control, .byte: false
      }
    }
    if model.isUnigram {
      let bytes = model.hasByteTokens ? vocabulary.byteTokens : []
      guard !findsDefinedPieces else {
        return UnigramEncoder(
          scores: pieces.map { Double($0.score) }, pieces: usable, vocabulary: vocabulary,
          unknown: Int32(unknown), byteTokens: bytes)
      }
      let normal = usable.map { Double(pieces[$0].score) }
      let highest = normal.max() ?? 0
      return UnigramEncoder(
        scores: pieces.indices.map {
          // A piece that a user defined is as good as its bytes would be at their best, and better.
          defined.contains($0)
            ? Double(pieces[$0].text.utf8.count) * highest - 0.1 : Double(pieces[$0].score)
        }, pieces: usable + defined, vocabulary: vocabulary, unknown: Int32(unknown),
        byteTokens: bytes, lowest: normal.min(), isSinglePrecision: true)
    }
    var encoder = PieceEncoder(
      scores: pieces.map(\.score), vocabulary: vocabulary, unknown: hasUnknown ? unknown : nil,
      pieces: usable)
    encoder.fusesUnknown = true
    if !findsDefinedPieces, !defined.isEmpty {
      encoder.wholePieces = PieceTrie(defined.map { (Array(pieces[$0].text.utf8), Int32($0)) })
    }
    return encoder
  }

  /// The texts of the roles: the class's, or the model's.
  private func allRoles(_ model: SentencePieceModel) -> [String: String] {
    guard roles.isEmpty else { return roles }
    var roles = ["unk_token": model.unknownText]
    if model.beginning >= 0 { roles["bos_token"] = model.beginningText }
    if model.end >= 0 { roles["eos_token"] = model.endText }
    return roles
  }

  private static let roleNames = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map {
    $0 + "_token"
  }

  /// Makes special tokens of those in roles; those that the model lacks come after its pieces.
  private func addRoles(
    to pieces: inout [Piece], _ added: inout [AddedToken], _ settings: TokenizerSettings?
  ) throws(TokenizerError) {
    var ids: [ByteString: Int] = [:]
    for (id, piece) in pieces.enumerated() { ids[ByteString(piece.text)] = id }
    let unknown = settings?.document.root["unk_token"]
    let unknownText = unknown?.string ?? unknown?["content"]?.string ?? roles["unk_token"]
    func take(_ token: AddedToken) {
      var token = token
      if let id = ids[ByteString(token.content)] {
        token.id = id
        pieces[id].kind =
          !token.isSpecial ? .userDefined : token.content == unknownText ? .unknown : .control
      } else {
        token.id = pieces.count
        ids[ByteString(token.content)] = token.id
        pieces.append((token.content, 0, token.isSpecial ? .control : .userDefined))
      }
      added.removeAll { $0.id == token.id }
      added.append(token)
    }
    for token in try settings?.added(to: [], id: { ids[ByteString($0)] ?? pieces.count }) ?? [] {
      take(token)
    }
    for role in Self.roleNames where settings?.document.root[role] == nil {
      guard let text = roles[role] else { continue }
      take(AddedToken(id: 0, content: text, isSpecial: true))
    }
  }

  private func templates(
    of vocabulary: Vocabulary, _ roles: [String: String], _ settings: TokenizerSettings?
  ) -> Tokenizer.Templates {
    func id(_ role: String) -> Int? {
      let value = settings?.document.root[role]
      let text = value?.string ?? value?["content"]?.string ?? roles[role]
      return text.flatMap(vocabulary.id(spelled:)).map(Int.init)
    }
    var templates = Tokenizer.Templates()
    templates.prefix = prefix.compactMap(id)
    templates.suffix = suffix.compactMap(id)
    let first = templates.prefix.map { Tokenizer.PairPart.special($0, type: 0) }
    let end = templates.suffix.map { Tokenizer.PairPart.special($0, type: 0) }
    let between = end + (marksBetween > 1 ? end : [])
    let last = templates.suffix.map { Tokenizer.PairPart.special($0, type: secondType) }
    templates.pair =
      first + [.text(0, type: 0)] + between + [
        .text(1, type: prefix + suffix == [] ? 1 : secondType)
      ]
      + last
    return templates
  }
}

import InterchangeBasics

extension Tokenizer {
  /// Makes the tokenizer that a GGUF file describes.
  ///
  /// As in llama.cpp, text is normalized only as the model of the vocabulary says, control, unknown
  /// and user-defined tokens are found in the text as they are spelled, and bytes that a byte-level
  /// vocabulary lacks are dropped.
  /// - Throws: ``TokenizerError`` when the model or the pre-tokenizer is unknown, or the
  ///   description contradicts itself.
  public init(vocabulary description: VocabularyDescription) throws(TokenizerError) {
    guard let kind = VocabularyKinds.all.first(where: { $0.name == description.model }) else {
      throw description.fault(
        "model", listed(VocabularyKinds.all.map { "\"\($0.name)\"" }),
        quoted(description.model, upTo: 40))
    }
    let usual = kind.roles
    func id(_ id: Int?, _ key: String, _ substitute: Int?) throws(TokenizerError) -> Int? {
      try description.id(id, key, default: substitute)
    }
    let roles = VocabularyRoles(
      beginning: try id(description.beginningOfSequence, "bos_token_id", usual.beginning),
      end: kind == WordPieceVocabulary.self
        ? try id(description.separator, "seperator_token_id", usual.end)
        : try id(description.endOfSequence, "eos_token_id", usual.end),
      unknown: try id(description.unknown, "unknown_token_id", usual.unknown),
      mask: try id(description.mask, "mask_token_id", usual.mask))
    var parts = try kind.parts(of: description, roles)
    let choices = try kind.choices(of: description)
    if description.addsBeginningOfSequence ?? (choices.addsBeginning && roles.beginning != nil) {
      guard let beginning = roles.beginning else {
        throw description.fault("bos_token_id", "a token, as add_bos_token is true", "none")
      }
      parts.templates.prefix = [beginning]
    }
    if description.addsEndOfSequence ?? choices.addsEnd {
      guard let end = roles.end else {
        throw description.fault("eos_token_id", "a token, as add_eos_token is true", "none")
      }
      parts.templates.suffix = [end]
    }
    let vocabulary = parts.vocabulary
    beginningOfSequence = roles.beginning
    endOfSequence = roles.end
    unknown = roles.unknown
    mask = roles.mask
    chatTemplateSource = description.chatTemplate
    endTokens = Set(
      ([roles.end].compactMap(\.self) + description.otherEnds).filter {
        (0..<vocabulary.count).contains($0)
      }
        + Self.knownEnds.compactMap(vocabulary.id(spelled:)).map(Int.init).filter {
          vocabulary.kinds[$0] == .control
        })
    joining = parts.joining
    pipeline = Pipeline(
      addedTokens: AddedTokens(Self.addedTokens(of: vocabulary)),
      normalizers: parts.normalizers, preTokenizer: parts.preTokenizer, encoder: parts.encoder,
      templates: parts.templates)
    self.vocabulary = vocabulary
  }

  /// The spellings of tokens that end a turn or a text wherever they are control tokens, as in
  /// llama.cpp.
  private static let knownEnds = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>",
    "<|endoftext|>", "<|eom_id|>", "< EOT >", "_<EOT>", "<|end_of_text|>",
  ]

  private static func addedTokens(of vocabulary: Vocabulary) -> [AddedToken] {
    (0..<vocabulary.count).compactMap { id in
      switch vocabulary.kinds[id] {
      case .control, .unknown:
        AddedToken(id: id, content: vocabulary.spelling(of: id), isSpecial: true)
      case .userDefined:
        AddedToken(id: id, content: vocabulary.spelling(of: id), isSpecial: false)
      case .normal, .unused, .byte: nil
      }
    }
  }
}

/// The tokens in the roles of a vocabulary.
struct VocabularyRoles {
  var beginning: Int?
  var end: Int?
  var unknown: Int?
  var mask: Int?
}

/// A `tokenizer.ggml.model`.
protocol VocabularyKind: Sendable {
  /// The name in the file.
  static var name: String { get }

  /// The tokens in roles that a file leaves open.
  static var roles: VocabularyRoles { get }

  /// The tokens that are put around a text where the file leaves it open.
  static func choices(
    of description: VocabularyDescription
  ) throws(TokenizerError) -> (addsBeginning: Bool, addsEnd: Bool)

  /// The tokenizer's parts.
  static func parts(
    of description: VocabularyDescription, _ roles: VocabularyRoles
  ) throws(TokenizerError) -> TokenizerParts
}

/// The kinds of GGUF vocabularies that are known.
enum VocabularyKinds {
  static let all: [any VocabularyKind.Type] = [
    ByteLevelVocabulary.self, ScoredVocabulary.self, WordPieceVocabulary.self,
    UnigramVocabulary.self, Gemma4Vocabulary.self,
  ]
}

extension VocabularyDescription {
  func fault(_ key: String, _ expected: String, _ found: String) -> TokenizerError {
    TokenizerError(
      source: "vocabulary", field: "tokenizer.ggml.\(key)", expected: expected, found: found)
  }

  /// The checked form of a token id; nil for none.
  fileprivate func id(
    _ id: Int?, _ key: String, default substitute: Int?
  ) throws(TokenizerError) -> Int? {
    guard let id else { return substitute.flatMap { $0 < tokens.count ? $0 : nil } }
    if id == -1 || id == Int(UInt32.max) { return nil }
    guard tokens.indices.contains(id) else {
      throw fault(key, "an id below the \(tokens.count) tokens", "\(id)")
    }
    return id
  }

  /// The tokens with their kinds; SentencePiece's are known without their types, too.
  func vocabulary(
    spelled spelling: Vocabulary.Spelling, hasByteTokens: Bool = false,
    text: (String, Vocabulary.Kind) -> String = { text, _ in text }
  ) throws(TokenizerError) -> Vocabulary {
    guard !tokens.isEmpty else { throw fault("tokens", "at least one token", "none") }
    guard tokens.count <= Vocabulary.maximumCount else {
      throw fault("tokens", "at most \(Vocabulary.maximumCount) tokens", "\(tokens.count)")
    }
    if let tokenTypes, tokenTypes.count != tokens.count {
      throw fault("token_type", "\(tokens.count) types, one a token", "\(tokenTypes.count)")
    }
    var vocabulary = Vocabulary(spelling: spelling, count: tokens.count)
    for (id, token) in tokens.enumerated() {
      let kind = try kind(of: id, hasByteTokens: hasByteTokens)
      try vocabulary.append(text(token, kind), kind: kind) { fault("tokens[\(id)]", $0, $1) }
    }
    return vocabulary
  }

  private func kind(
    of id: Int, hasByteTokens: Bool
  ) throws(TokenizerError) -> Vocabulary.Kind {
    if let type = tokenTypes?[id] {
      // llama.cpp writes 0 for "undefined"; it has no special meaning.
      guard let kind = type == 0 ? .normal : Vocabulary.Kind(rawValue: type) else {
        throw fault("token_type[\(id)]", "a type from 1 to 6", "\(type)")
      }
      return kind
    }
    if [beginningOfSequence, endOfSequence, separator, mask].contains(id) { return .control }
    if hasByteTokens {
      if id == unknown { return .unknown }
      if Vocabulary.byte(spelled: tokens[id]) != nil { return .byte }
    }
    return .normal
  }

  /// The scores, one a token.
  func checkedScores() throws(TokenizerError) -> [Float] {
    guard let scores else {
      throw fault("scores", "the scores of a \"\(model)\" vocabulary", "none")
    }
    guard scores.count == tokens.count else {
      throw fault("scores", "\(tokens.count) scores, one a token", "\(scores.count)")
    }
    if let id = scores.firstIndex(where: \.isNaN) {
      throw fault("scores[\(id)]", "a number", "NaN")
    }
    return scores
  }

  /// The merges as a table.
  func mergeTable(of vocabulary: Vocabulary) throws(TokenizerError) -> MergeTable {
    guard let merges else {
      throw fault("merges", "the merges of a \"\(model)\" vocabulary", "none")
    }
    return try MergeTable(
      merges, of: vocabulary, fault: { fault("merges[\($0)]", $1, $2) })
  }
}

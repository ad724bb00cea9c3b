/// Everything that a tokenizer is made of, whatever file it comes from.
struct TokenizerParts {
  var vocabulary: Vocabulary
  var added: [AddedToken]
  var normalizers: [any Normalizer] = []
  var preTokenizer = PreTokenizer()
  var encoder: any WordEncoder
  var joining = PieceJoining()
  var templates = Tokenizer.Templates()
  /// The texts of tokens in roles such as `eos_token` that the settings leave open.
  var roles: [String: String] = [:]

  /// The token in the first of some roles that the settings or the kind of tokenizer give.
  fileprivate func token(
    inRoles roles: String..., of settings: TokenizerFile?
  ) throws(TokenizerError) -> Int? {
    if let id = try settings?.token(inRoles: roles, of: vocabulary) { return id }
    let text = roles.lazy.compactMap { self.roles[$0] }.first
    return text.flatMap(vocabulary.id(spelled:)).map(Int.init)
  }
}

extension Tokenizer {
  /// The tokenizer of some parts, with the roles and choices of `tokenizer_config.json`.
  init(
    _ parts: TokenizerParts, settings: TokenizerSettings?, chatTemplate: String?
  ) throws(TokenizerError) {
    let configuration = settings?.document
    let vocabulary = parts.vocabulary
    var templates = parts.templates
    // Encoders may name only what marks a classified text, and what separates texts.
    let beginning = try parts.token(inRoles: "bos_token", "cls_token", of: configuration)
    let end = try parts.token(inRoles: "eos_token", "sep_token", of: configuration)
    if let adds = try settings?.flag("add_bos_token"), let beginning {
      templates.prefix.removeAll { $0 == beginning }
      if adds { templates.prefix.insert(beginning, at: 0) }
    }
    if let adds = try settings?.flag("add_eos_token"), let end {
      templates.suffix.removeAll { $0 == end }
      if adds { templates.suffix.append(end) }
    }
    let marks = [try settings?.flag("add_bos_token"), try settings?.flag("add_eos_token")]
    if marks.contains(where: { $0 != nil }) {
      templates.markBothTexts()
    }
    let configured = try settings?.chatTemplate()
    chatTemplateSource = chatTemplate ?? configured
    let masks = ["[MASK]", "<mask>"].lazy.compactMap(vocabulary.id(spelled:)).map(Int.init)
    let namedMask = try parts.token(inRoles: "mask_token", of: configuration)
    mask = namedMask ?? masks.first { vocabulary.kinds[$0] == .control }
    self.vocabulary = vocabulary
    joining = parts.joining
    pipeline = Pipeline(
      addedTokens: AddedTokens(parts.added.filter { !$0.isNormalized }),
      normalizers: parts.normalizers,
      normalizedAddedTokens: AddedTokens(
        parts.added.filter(\.isNormalized).map { Self.normalizing($0, by: parts.normalizers) }),
      preTokenizer: parts.preTokenizer, encoder: parts.encoder, templates: templates)
    beginningOfSequence = beginning
    endOfSequence = end
    endTokens = Set([end].compactMap(\.self))
    unknown =
      try parts.token(inRoles: "unk_token", of: configuration)
      ?? parts.encoder.unknown.map(Int.init)
  }

  private static func normalizing(
    _ token: AddedToken, by normalizers: [any Normalizer]
  ) -> AddedToken {
    var token = token
    let normalized = normalizers.apply(to: AlignedText(Array(token.content.utf8)))
    token.content = String(decoding: normalized.bytes, as: UTF8.self)
    return token
  }
}

extension Tokenizer.Templates {
  /// Puts the marks of one text around each of two, unless there is another rule for two.
  fileprivate mutating func markBothTexts() {
    guard pair.allSatisfy({ if case .text = $0 { true } else { false } }) else { return }
    pair = [0, 1].flatMap { index -> [Tokenizer.PairPart] in
      prefix.map { .special($0, type: index) } + [.text(index, type: index)]
        + suffix.map { .special($0, type: index) }
    }
  }
}

import InterchangeBasics

extension Tokenizer {
  /// Makes the tokenizer that a GGUF file describes.
  ///
  /// As in llama.cpp, text is not normalized, control, unknown and user-defined tokens are found
  /// in the text as they are spelled, and bytes that a byte-level vocabulary lacks are dropped.
  /// - Throws: ``TokenizerError`` when the model or the pre-tokenizer is unknown, or the
  ///   description contradicts itself.
  public init(vocabulary description: VocabularyDescription) throws(TokenizerError) {
    let spelling: Vocabulary.Spelling
    switch description.model {
    case "gpt2": spelling = .byteLevel
    case "llama": spelling = .sentencePiece
    default:
      throw description.fault(
        "model", "\"gpt2\" or \"llama\"", quoted(description.model, upTo: 40))
    }
    beginningOfSequence = try description.id(
      description.beginningOfSequence, "bos_token_id", default: spelling == .byteLevel ? nil : 1)
    endOfSequence = try description.id(
      description.endOfSequence, "eos_token_id", default: spelling == .byteLevel ? nil : 2)
    unknown = try description.id(
      description.unknown, "unknown_token_id", default: spelling == .byteLevel ? nil : 0)
    vocabulary = try description.vocabulary(spelled: spelling)
    chatTemplateSource = description.chatTemplate
    let vocabulary = vocabulary
    endTokens = Set(
      ([endOfSequence].compactMap(\.self) + description.otherEnds).filter {
        (0..<vocabulary.count).contains($0)
      }
        + Self.knownEnds.compactMap(vocabulary.id(spelled:)).map(Int.init).filter {
          vocabulary.kinds[$0] == .control
        })
    mask = nil

    var pipeline = Pipeline(
      addedTokens: AddedTokens(Self.addedTokens(of: vocabulary)),
      encoder: .merges(try description.encoder(for: vocabulary, unknown: unknown)))
    pipeline.preTokenizer = try description.words(spelled: spelling)
    if description.addsSpacePrefix ?? (spelling == .sentencePiece) {
      pipeline.spacePrefix = .always
    }
    pipeline.escapesSpaces = spelling == .sentencePiece
    let addsFirst =
      description.addsBeginningOfSequence
      ?? (spelling == .sentencePiece || description.isLLaMA3 && beginningOfSequence != nil)
    if addsFirst {
      guard let beginningOfSequence else {
        throw description.fault("bos_token_id", "a token, as add_bos_token is true", "none")
      }
      pipeline.prefix = [beginningOfSequence]
    }
    if description.addsEndOfSequence ?? false {
      guard let endOfSequence else {
        throw description.fault("eos_token_id", "a token, as add_eos_token is true", "none")
      }
      pipeline.suffix = [endOfSequence]
    }
    self.pipeline = pipeline
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

extension VocabularyDescription {
  fileprivate func fault(_ key: String, _ expected: String, _ found: String) -> TokenizerError {
    TokenizerError(
      source: "vocabulary", field: "tokenizer.ggml.\(key)", expected: expected, found: found)
  }

  /// True when `pre` names LLaMA 3's kind, which takes words that are tokens as they are.
  fileprivate var isLLaMA3: Bool {
    ["llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral"].contains(preTokenizer)
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

  fileprivate func vocabulary(
    spelled spelling: Vocabulary.Spelling
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
      let kind = try kind(of: id, spelled: spelling)
      try vocabulary.append(token, kind: kind) { fault("tokens[\(id)]", $0, $1) }
    }
    return vocabulary
  }

  private func kind(
    of id: Int, spelled spelling: Vocabulary.Spelling
  ) throws(TokenizerError) -> Vocabulary.Kind {
    if let type = tokenTypes?[id] {
      // llama.cpp writes 0 for "undefined"; it has no special meaning.
      guard let kind = type == 0 ? .normal : Vocabulary.Kind(rawValue: type) else {
        throw fault("token_type[\(id)]", "a type from 1 to 6", "\(type)")
      }
      return kind
    }
    if id == beginningOfSequence || id == endOfSequence { return .control }
    if spelling == .sentencePiece {
      if id == unknown { return .unknown }
      if Vocabulary.byte(spelled: tokens[id]) != nil { return .byte }
    }
    return .normal
  }

  fileprivate func words(
    spelled spelling: Vocabulary.Spelling
  ) throws(TokenizerError) -> PreTokenizer {
    guard spelling == .byteLevel else { return PreTokenizer(steps: []) }
    guard let preTokenizer, let words = PreTokenizer(name: preTokenizer) else {
      throw fault(
        "pre", "a known pre-tokenizer such as \"gpt-2\", \"smollm\", \"llama-bpe\" or \"qwen2\"",
        preTokenizer.map { quoted($0, upTo: 40) } ?? "none")
    }
    return words
  }

  fileprivate func encoder(
    for vocabulary: Vocabulary, unknown: Int?
  ) throws(TokenizerError) -> PieceEncoder {
    if vocabulary.spelling == .sentencePiece {
      return try scoredEncoder(for: vocabulary, unknown: unknown)
    }
    guard let merges else { throw fault("merges", "the merges of a \"gpt2\" vocabulary", "none") }
    var encoder = PieceEncoder(
      alphabet: .bytes(vocabulary.bytesOfAlphabet),
      merges: try MergeTable(
        merges, of: vocabulary, fault: { fault("merges[\($0)]", $1, $2) }))
    encoder.tokenCount = Int32(vocabulary.count)
    if isLLaMA3 { encoder.wholeWords = vocabulary.wholeWords }
    return encoder
  }

  private func scoredEncoder(
    for vocabulary: Vocabulary, unknown: Int?
  ) throws(TokenizerError) -> PieceEncoder {
    guard let scores else { throw fault("scores", "the scores of a \"llama\" vocabulary", "none") }
    guard scores.count == tokens.count else {
      throw fault("scores", "\(tokens.count) scores, one a token", "\(scores.count)")
    }
    if let id = scores.firstIndex(where: \.isNaN) {
      throw fault("scores[\(id)]", "a number", "NaN")
    }
    let byteTokens = vocabulary.byteTokens
    guard unknown != nil || !byteTokens.contains(nil) else {
      throw fault("unknown_token_id", "a token, as not all bytes have one", "none")
    }
    return PieceEncoder(scores: scores, vocabulary: vocabulary, unknown: unknown)
  }
}

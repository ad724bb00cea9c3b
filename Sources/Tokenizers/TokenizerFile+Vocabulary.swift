import InterchangeBasics

extension TokenizerFile {
  /// The section `model`, which must be a byte-pair encoding or WordPiece.
  func model() throws(TokenizerError) -> JSONValue {
    guard let model = root["model"] else { throw fault("model", "an object", nil) }
    // Files of older versions don't name the type.
    guard model["type"] == nil || ["BPE", "WordPiece"].contains(model["type"]?.string) else {
      throw fault("model.type", "BPE or WordPiece", model["type"])
    }
    if isWordPiece(model) { return model }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard model[key] == nil || model[key]?.string == "" else {
        throw fault("model.\(key)", "nothing", model[key])
      }
    }
    return model
  }

  /// True when the section `model` is WordPiece.
  func isWordPiece(_ model: JSONValue) -> Bool {
    model["type"]?.string == "WordPiece"
      || model["type"] == nil && model["max_input_chars_per_word"] != nil
  }

  /// The encoder of a WordPiece `model`.
  func wordPieceEncoder(
    of model: JSONValue, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> WordPieceEncoder {
    guard let unknown = model["unk_token"]?.string.flatMap(vocabulary.id(spelled:)) else {
      throw fault("model.unk_token", "a token of the vocabulary", model["unk_token"])
    }
    let limit = model["max_input_chars_per_word"]
    guard let maximum = limit == nil ? 100 : limit?.integer, maximum > 0 else {
      throw fault("model.max_input_chars_per_word", "a positive number", limit)
    }
    let prefix = model["continuing_subword_prefix"]
    guard let mark = prefix == nil ? "##" : prefix?.string else {
      throw fault("model.continuing_subword_prefix", "a text", prefix)
    }
    return WordPieceEncoder(
      vocabulary: vocabulary, unknown: unknown, mark: Array(mark.utf8), maximumScalars: maximum)
  }

  /// The section `added_tokens`.
  func addedTokens() throws(TokenizerError) -> [AddedToken] {
    guard let section = root["added_tokens"] else { return [] }
    guard let list = section.array else { throw fault("added_tokens", "an array", section) }
    var tokens: [AddedToken] = []
    for (index, entry) in list.enumerated() {
      let field = "added_tokens[\(index)]"
      guard let content = entry["content"]?.string else {
        throw fault("\(field).content", "a text", entry["content"])
      }
      guard let id = entry["id"]?.integer, 0..<Vocabulary.maximumCount ~= id else {
        throw fault("\(field).id", "an id below \(Vocabulary.maximumCount)", entry["id"])
      }
      tokens.append(
        AddedToken(
          id: id, content: content,
          isSpecial: try flag("special", of: entry, field, default: false),
          stripsLeft: try flag("lstrip", of: entry, field, default: false),
          stripsRight: try flag("rstrip", of: entry, field, default: false),
          isSingleWord: try flag("single_word", of: entry, field, default: false),
          isNormalized: try flag("normalized", of: entry, field, default: false)))
    }
    return tokens
  }

  /// The tokens of `model.vocab` and the added ones, in the order of their ids.
  func vocabulary(
    of model: JSONValue, adding added: [AddedToken], spelled spelling: Vocabulary.Spelling
  ) throws(TokenizerError) -> Vocabulary {
    guard let members = model["vocab"]?.members else {
      throw fault("model.vocab", "an object", model["vocab"])
    }
    var spellings: [String?] = []
    func place(_ text: String, at id: Int, _ field: String) throws(TokenizerError) {
      while spellings.count <= id { spellings.append(nil) }
      if let earlier = spellings[id], !earlier.utf8.elementsEqual(text.utf8) {
        let found = "\(quoted(earlier, upTo: 40)) and \(quoted(text, upTo: 40))"
        throw fault(field, "one token with the id \(id)", found: found)
      }
      spellings[id] = text
    }
    for member in members {
      let field = "model.vocab[\(quoted(member.key, upTo: 40))]"
      guard let id = member.value.integer, 0..<Vocabulary.maximumCount ~= id else {
        throw fault(field, "an id below \(Vocabulary.maximumCount)", member.value)
      }
      try place(member.key, at: id, field)
    }
    for (index, token) in added.enumerated() {
      try place(token.content, at: token.id, "added_tokens[\(index)]")
    }
    guard !spellings.isEmpty else {
      throw fault("model.vocab", "at least one token", model["vocab"])
    }

    var kinds: [Int: Vocabulary.Kind] = [:]
    for token in added { kinds[token.id] = token.isSpecial ? .control : .userDefined }
    let hasByteTokens = try flag("byte_fallback", of: model, "model", default: false)
    var vocabulary = Vocabulary(spelling: spelling, count: spellings.count)
    for (id, text) in spellings.enumerated() {
      let text = text ?? ""
      let isByte = hasByteTokens && Vocabulary.byte(spelled: text) != nil
      let kind = kinds[id] ?? (text.isEmpty ? .unused : isByte ? .byte : .normal)
      try vocabulary.append(text, kind: kind) { fault("model.vocab, id \(id)", $0, found: $1) }
    }
    return vocabulary
  }

  /// The section `model.merges`: texts "left right", or pairs.
  func merges(of model: JSONValue, _ vocabulary: Vocabulary) throws(TokenizerError) -> MergeTable {
    guard let list = model["merges"]?.array else {
      throw fault("model.merges", "an array", model["merges"])
    }
    let mergeFault = { (index: Int, expected: String, found: String) in
      fault("model.merges[\(index)]", expected, found: found)
    }
    var texts: [String] = []
    var table = MergeTable(minimumCapacity: list.count)
    for (rank, entry) in list.enumerated() {
      if let text = entry.string {
        texts.append(text)
      } else if let pair = entry.array, pair.count == 2, let left = pair[0].string,
        let right = pair[1].string
      {
        try table.insert(left, right, rank: rank, of: vocabulary, fault: mergeFault)
      } else {
        throw mergeFault(rank, "a text or a pair of texts", entry.summary)
      }
    }
    guard !texts.isEmpty else { return table }
    guard texts.count == list.count else {
      throw fault("model.merges", "only texts or only pairs", found: "both")
    }
    return try MergeTable(texts, of: vocabulary, fault: mergeFault)
  }

  /// The encoder that the section `model` describes.
  func encoder(
    of model: JSONValue, _ vocabulary: Vocabulary, isByteLevel: Bool
  ) throws(TokenizerError) -> PieceEncoder {
    var encoder = PieceEncoder(
      alphabet: isByteLevel
        ? .bytes(vocabulary.bytesOfAlphabet) : .scalars(vocabulary.singleScalars),
      merges: try merges(of: model, vocabulary))
    encoder.tokenCount = Int32(vocabulary.count)
    if try flag("byte_fallback", of: model, "model", default: false), !isByteLevel {
      encoder.byteTokens = vocabulary.byteTokens
    }
    if let text = model["unk_token"] {
      guard let id = text.string.flatMap(vocabulary.id(spelled:)) else {
        throw fault("model.unk_token", "a token of the vocabulary", text)
      }
      encoder.unknown = id
      encoder.fusesUnknown = try flag("fuse_unk", of: model, "model", default: false)
    }
    if try flag("ignore_merges", of: model, "model", default: false) {
      encoder.wholeWords = vocabulary.wholeWords
    }
    return encoder
  }
}

extension Vocabulary {
  /// The tokens that are a single scalar.
  fileprivate var singleScalars: [UInt32: Int32] {
    var symbols: [UInt32: Int32] = [:]
    for id in 0..<count {
      let scalars = spelling(of: id).unicodeScalars
      if scalars.count == 1, let scalar = scalars.first { symbols[scalar.value] = Int32(id) }
    }
    return symbols
  }
}

import InterchangeBasics

extension TokenizerFile {
  /// A token of the section `model`.
  struct Token {
    var text: String
    var id: Int
  }

  /// The section `model` and its kind.
  func model() throws(TokenizerError) -> (value: JSONValue, kind: any ModelReader.Type) {
    guard let model = root["model"] else { throw fault("model", "an object", nil) }
    // Files of older versions don't name the type.
    let kind =
      model["type"] == nil
      ? ModelReaders.all.first { $0.isMeant(by: model) } ?? MergesModel.self
      : ModelReaders.all.first { $0.name == model["type"]?.string }
    guard let kind else {
      throw fault("model.type", listed(ModelReaders.all.map { $0.name }), model["type"])
    }
    return (model, kind)
  }

  /// The ids of the tokens of a model.
  func ids(
    of model: (value: JSONValue, kind: any ModelReader.Type)
  ) throws(TokenizerError) -> [ByteString: Int32] {
    var ids: [ByteString: Int32] = [:]
    for token in try model.kind.tokens(self, model.value) {
      ids[ByteString(token.text)] = Int32(token.id)
    }
    return ids
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
    of model: (value: JSONValue, kind: any ModelReader.Type), adding added: [AddedToken],
    spelled spelling: Vocabulary.Spelling
  ) throws(TokenizerError) -> Vocabulary {
    let tokens = try model.kind.tokens(self, model.value)
    let highest = (tokens.map { $0.id } + added.map { $0.id }).max() ?? 0
    let unused = highest + 1 - tokens.count - added.count
    guard unused <= Vocabulary.maximumUnused else {
      throw fault(
        "model.vocab", "at most \(Vocabulary.maximumUnused) ids without a token",
        found: "\(unused) below the highest, \(highest)")
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
    for token in tokens {
      try place(token.text, at: token.id, "model.vocab[\(quoted(token.text, upTo: 40))]")
    }
    for (index, token) in added.enumerated() {
      try place(token.content, at: token.id, "added_tokens[\(index)]")
    }
    guard !spellings.isEmpty else {
      throw fault("model.vocab", "at least one token", model.value["vocab"])
    }

    var kinds: [Int: Vocabulary.Kind] = [:]
    for token in added { kinds[token.id] = token.isSpecial ? .control : .userDefined }
    let hasByteTokens = try flag("byte_fallback", of: model.value, "model", default: false)
    var vocabulary = Vocabulary(spelling: spelling, count: spellings.count)
    for (id, text) in spellings.enumerated() {
      let text = text ?? ""
      let isByte = hasByteTokens && Vocabulary.byte(spelled: text) != nil
      let kind = kinds[id] ?? (text.isEmpty ? .unused : isByte ? .byte : .normal)
      try vocabulary.append(text, kind: kind) { fault("model.vocab, id \(id)", $0, found: $1) }
    }
    return vocabulary
  }
}

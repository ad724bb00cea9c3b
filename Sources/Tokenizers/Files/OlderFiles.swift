import InterchangeBasics

/// The sections of a `tokenizer.json` that older files and `tokenizer_config.json` amount to.
struct OlderFiles {
  let name: String
  let configuration: TokenizerFile?
  let id: (String) -> Int?

  /// The text of the token in a role.
  func token(_ role: String, _ usual: String) throws(TokenizerError) -> String {
    guard let configuration, let value = configuration.root[role] else { return usual }
    guard let text = value.string ?? value["content"]?.string else {
      throw configuration.fault(role, "a token", value)
    }
    return text
  }

  /// The tokens of some roles that the vocabulary has.
  func added(_ roles: [(role: String, usual: String)]) throws(TokenizerError) -> JSONValue {
    var tokens: [JSONValue] = []
    var seen: Set<Int> = []
    for (role, usual) in roles {
      let text = try token(role, usual)
      guard let id = id(text), seen.insert(id).inserted else { continue }
      tokens.append([
        "id": .number(Double(id)), "content": .string(text), "special": .bool(true),
        "normalized": .bool(false),
        // RoBERTa's mask takes the space before it.
        "lstrip": .bool(text == "<mask>"),
      ])
    }
    return .array(tokens)
  }

  /// A token and its id, as a post-processor names them.
  func marker(_ role: String, _ usual: String) throws(TokenizerError) -> JSONValue {
    let text = try token(role, usual)
    guard let id = id(text) else {
      throw TokenizerError(
        source: name, field: "", expected: "the token \(quoted(text, upTo: 40))",
        found: "none")
    }
    return .array([.string(text), .number(Double(id))])
  }

  /// The post-processor `type` with the marks of two roles around a text.
  func marks(
    _ type: String, _ first: (String, String), _ last: (String, String)
  ) throws(TokenizerError) -> JSONValue {
    [
      "type": .string(type), "cls": try marker(first.0, first.1),
      "sep": try marker(last.0, last.1),
    ]
  }

  /// A choice of `tokenizer_config.json`.
  func flag(_ key: String, _ usual: Bool) throws(TokenizerError) -> Bool {
    guard let configuration, let value = configuration.root[key] else { return usual }
    guard let flag = value.bool else { throw configuration.fault(key, "true or false", value) }
    return flag
  }

  func bertNormalizer() throws(TokenizerError) -> JSONValue {
    let lowercases = try flag("do_lower_case", true)
    return [
      "type": .string("BertNormalizer"), "lowercase": .bool(lowercases),
      "strip_accents": .bool(try flag("strip_accents", lowercases)),
      "handle_chinese_chars": .bool(try flag("tokenize_chinese_chars", true)),
    ]
  }
}

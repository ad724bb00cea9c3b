import Foundation
import InterchangeBasics

extension Tokenizer {
  /// Makes the tokenizer of a model's folder: of its `tokenizer.json`, or of the files that
  /// preceded it, `vocab.txt` (WordPiece) or `vocab.json` and `merges.txt` (byte-level byte-pair
  /// encoding).
  ///
  /// Choices that those leave open are read from `tokenizer_config.json`, when there is one;
  /// without it texts are put in small letters for WordPiece, as in the reference.
  ///
  /// - Throws: ``TokenizerError`` as ``init(tokenizerJSON:)``.
  public init(folder url: URL) throws(TokenizerError) {
    func file(_ name: String) -> URL? {
      let file = url.appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }
    if file("tokenizer.json") == nil {
      if let vocabulary = file("vocab.txt") {
        try self.init(vocabularyText: vocabulary)
        return
      }
      if let vocabulary = file("vocab.json"), let merges = file("merges.txt") {
        try self.init(vocabularyJSON: vocabulary, merges: merges)
        return
      }
      if let model = file("tokenizer.model") {
        throw TokenizerError(
          source: url.path, field: "",
          expected: "tokenizer.json, vocab.txt, or vocab.json and merges.txt",
          found: "\(model.lastPathComponent) alone, which is not read; the reference writes a "
            + "tokenizer.json when it saves the tokenizer")
      }
    }
    try self.init(tokenizerJSON: url.appendingPathComponent("tokenizer.json"))
  }

  /// BERT's tokenizer for a `vocab.txt`: a token a line.
  private init(vocabularyText url: URL) throws(TokenizerError) {
    let settings = try TokenizerSettings(folder: url.deletingLastPathComponent())
    let tokens = try Self.lines(of: url)
    let ids = Dictionary(tokens.enumerated().map { ($1, $0) }) { first, _ in first }
    let older = OlderFiles(name: url.path, configuration: settings?.document) { ids[$0] }
    let unknown = try older.token("unk_token", "[UNK]")
    try self.init(
      TokenizerFile(
        name: url.path,
        root: .object([
          .init(
            key: "added_tokens",
            value: try older.added([
              ("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"),
              ("cls_token", "[CLS]"), ("mask_token", "[MASK]"),
            ])),
          .init(key: "normalizer", value: try older.bertNormalizer()),
          .init(key: "pre_tokenizer", value: ["type": .string("BertPreTokenizer")]),
          .init(
            key: "post_processor",
            value: [
              "type": .string("BertProcessing"), "cls": try older.marker("cls_token", "[CLS]"),
              "sep": try older.marker("sep_token", "[SEP]"),
            ]),
          .init(
            key: "model",
            value: [
              "type": .string("WordPiece"), "unk_token": .string(unknown),
              "vocab": .object(
                tokens.enumerated().map { .init(key: $1, value: .number(Double($0))) }),
            ]),
        ])), settings: settings)
  }

  /// GPT-2's or RoBERTa's tokenizer for a `vocab.json` and a `merges.txt`: a merge a line.
  private init(vocabularyJSON url: URL, merges: URL) throws(TokenizerError) {
    let settings = try TokenizerSettings(folder: url.deletingLastPathComponent())
    let vocabulary = try TokenizerFile(name: url.path, bytes: Self.bytes(of: url)).root
    let lines = try Self.lines(of: merges).filter { !$0.hasPrefix("#version") && !$0.isEmpty }
    let older = OlderFiles(name: url.path, configuration: settings?.document) {
      vocabulary[$0]?.integer
    }
    // GPT-2's vocabulary has no marks around a text.
    let hasMarks = vocabulary["<s>"] != nil && vocabulary["</s>"] != nil
    let addsSpace = try older.flag("add_prefix_space", false)
    var sections: [JSONValue.Member] = [
      .init(
        key: "added_tokens",
        value: try older.added(
          hasMarks
            ? [
              ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"),
              ("pad_token", "<pad>"), ("mask_token", "<mask>"),
            ] : [("bos_token", "<|endoftext|>"), ("eos_token", "<|endoftext|>")])),
      .init(
        key: "pre_tokenizer",
        value: ["type": .string("ByteLevel"), "add_prefix_space": .bool(addsSpace)]),
      .init(
        key: "model",
        value: [
          "type": .string("BPE"), "vocab": vocabulary,
          "merges": .array(lines.map(JSONValue.string)),
        ]),
    ]
    if hasMarks {
      sections.append(
        .init(
          key: "post_processor",
          value: [
            "type": .string("RobertaProcessing"), "cls": try older.marker("cls_token", "<s>"),
            "sep": try older.marker("sep_token", "</s>"),
          ]))
    }
    try self.init(
      TokenizerFile(name: url.path, root: .object(sections)), settings: settings)
  }

  /// The lines of a file, without their ends.
  private static func lines(of url: URL) throws(TokenizerError) -> [String] {
    var lines = try bytes(of: url).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { line in
      String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
    }
  }
}

/// The sections of a `tokenizer.json` that older files and `tokenizer_config.json` amount to.
private struct OlderFiles {
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

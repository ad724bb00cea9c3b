import Foundation
import InterchangeBasics

/// `vocab.json` and `merges.txt`: byte-pair encoding, a merge a line.
enum MergesTextFormat: TokenizerFormat {
  static let files = "vocab.json and merges.txt"

  static func isPresent(in folder: URL) -> Bool {
    ["vocab.json", "merges.txt"].allSatisfy { file(in: folder, among: [$0]) != nil }
  }

  static func tokenizer(in folder: URL) throws(TokenizerError) -> Tokenizer {
    let url = folder.appending(component: "vocab.json")
    let settings = try TokenizerSettings(folder: folder)
    let vocabulary = try TokenizerFile(name: url.path, bytes: Tokenizer.bytes(of: url)).root
    let merges = try Tokenizer.lines(of: folder.appending(component: "merges.txt"))
      .filter { !$0.hasPrefix("#version") && !$0.isEmpty }
    let ids = Dictionary(
      (vocabulary.members ?? []).map { (ByteString($0.key), $0.value.integer) }
    ) { first, _ in first }
    let older = OlderFiles(name: url.path, configuration: settings?.document) {
      ids[ByteString($0)] ?? nil
    }
    let tokenizerClass = try TokenizerClass(folder: folder, settings)
    let kind =
      try tokenizerClass.kind(among: kinds)
      // GPT-2's vocabulary has no marks around a text.
      ?? (vocabulary["<s>"] != nil && vocabulary["</s>"] != nil ? roberta : gpt2)
    var model: [JSONValue.Member] = [
      .init(key: "type", value: .string("BPE")), .init(key: "vocab", value: vocabulary),
      .init(key: "merges", value: .array(merges.map(JSONValue.string))),
    ]
    var sections = try kind(older, tokenizerClass, &model)
    sections.append(.init(key: "model", value: .object(model)))
    return try Tokenizer(
      TokenizerFile(name: url.path, root: .object(sections)), settings: settings,
      chatTemplate: Tokenizer.chatTemplate(in: folder))
  }

  /// The sections besides the model that a class of transformers makes.
  private typealias Kind =
    @Sendable (
      OlderFiles, TokenizerClass, inout [JSONValue.Member]
    ) throws(TokenizerError) -> [JSONValue.Member]

  private static let kinds: [(names: [String], kind: Kind)] = [
    (["GPT2", "CodeGen"], gpt2), (["Roberta", "Bart", "LED", "Longformer"], roberta),
    (["Qwen2"], qwen2), (["CLIP"], clip), (["OpenAIGPT"], openAIGPT),
  ]

  private static func byteLevel(
    _ older: OlderFiles, usesPattern: Bool = true
  ) throws(TokenizerError) -> JSONValue {
    [
      "type": .string("ByteLevel"), "use_regex": .bool(usesPattern),
      "add_prefix_space": .bool(try older.flag("add_prefix_space", false)),
    ]
  }

  private static func split(_ pattern: String, behavior: String, inverts: Bool) -> JSONValue {
    [
      "type": .string("Split"), "pattern": ["Regex": .string(pattern)],
      "behavior": .string(behavior), "invert": .bool(inverts),
    ]
  }

  private static let gpt2: Kind = { older, tokenizerClass, _ throws(TokenizerError) in
    var sections: [JSONValue.Member] = [
      .init(
        key: "added_tokens",
        value: try older.added([
          ("bos_token", "<|endoftext|>"), ("eos_token", "<|endoftext|>"),
          ("unk_token", "<|endoftext|>"), ("pad_token", "<pad>"),
        ])),
      .init(key: "pre_tokenizer", value: try byteLevel(older)),
    ]
    // OPT's texts begin with a mark, which its settings say, unless they are missing.
    if tokenizerClass.modelType == "opt",
      older.configuration?.root["add_bos_token"] == nil
    {
      let mark = try older.marker("bos_token", "</s>").array ?? []
      let part: JSONValue = ["SpecialToken": ["id": mark[0], "type_id": .integer(0)]]
      let text: (String) -> JSONValue = {
        ["Sequence": ["id": .string($0), "type_id": .integer(0)]]
      }
      sections.append(
        .init(
          key: "post_processor",
          value: [
            "type": .string("TemplateProcessing"), "single": .array([part, text("A")]),
            "pair": .array([part, text("A"), text("B")]),
            "special_tokens": .object([
              .init(key: mark[0].string ?? "", value: ["ids": .array([mark[1]])])
            ]),
          ]))
    }
    return sections
  }

  private static let roberta: Kind = { older, _, _ throws(TokenizerError) in
    [
      .init(
        key: "added_tokens",
        value: try older.added([
          ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"),
          ("pad_token", "<pad>"), ("mask_token", "<mask>"),
        ])),
      .init(key: "pre_tokenizer", value: try byteLevel(older)),
      .init(
        key: "post_processor",
        value: try older.marks("RobertaProcessing", ("cls_token", "<s>"), ("sep_token", "</s>"))),
    ]
  }

  private static let qwen2: Kind = { older, _, _ throws(TokenizerError) in
    let pattern =
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"#
      + #"\s*[\r\n]+|\s+(?!\S)|\s+"#
    return [
      .init(
        key: "added_tokens",
        value: try older.added([("eos_token", "<|endoftext|>"), ("pad_token", "<|endoftext|>")])),
      .init(key: "normalizer", value: ["type": .string("NFC")]),
      .init(
        key: "pre_tokenizer",
        value: [
          "type": .string("Sequence"),
          "pretokenizers": .array([
            split(pattern, behavior: "Isolated", inverts: false),
            try byteLevel(older, usesPattern: false),
          ]),
        ]),
    ]
  }

  private static let clip: Kind = { older, _, model throws(TokenizerError) in
    let end = "<|endoftext|>"
    model.append(.init(key: "end_of_word_suffix", value: .string("</w>")))
    model.append(.init(key: "unk_token", value: .string(try older.token("unk_token", end))))
    let pattern =
      #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|"#
      + #"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
    return [
      .init(
        key: "added_tokens",
        value: try older.added([
          ("bos_token", "<|startoftext|>"), ("eos_token", end), ("unk_token", end),
          ("pad_token", end),
        ])),
      .init(
        key: "normalizer",
        value: [
          "type": .string("Sequence"),
          "normalizers": .array([
            ["type": .string("NFC")],
            [
              "type": .string("Replace"), "pattern": ["Regex": .string(#"\s+"#)],
              "content": .string(" "),
            ],
            ["type": .string("Lowercase")],
          ]),
        ]),
      .init(
        key: "pre_tokenizer",
        value: [
          "type": .string("Sequence"),
          "pretokenizers": .array([
            split(pattern, behavior: "Removed", inverts: true),
            ["type": .string("ByteLevel"), "add_prefix_space": .bool(false)],
          ]),
        ]),
      .init(
        key: "post_processor",
        value: try older.marks(
          "RobertaProcessing", ("bos_token", "<|startoftext|>"), ("eos_token", end))),
    ]
  }

  private static let openAIGPT: Kind = { older, _, model throws(TokenizerError) in
    model.append(.init(key: "end_of_word_suffix", value: .string("</w>")))
    model.append(.init(key: "unk_token", value: .string(try older.token("unk_token", "<unk>"))))
    return [
      .init(key: "added_tokens", value: try older.added([("unk_token", "<unk>")])),
      .init(
        key: "normalizer",
        value: ["type": .string("BertNormalizer"), "lowercase": .bool(true)]),
      .init(key: "pre_tokenizer", value: ["type": .string("BertPreTokenizer")]),
      .init(
        key: "decoder", value: ["type": .string("BPEDecoder"), "suffix": .string("</w>")]),
    ]
  }
}

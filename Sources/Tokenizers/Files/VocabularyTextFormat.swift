import Foundation
import InterchangeBasics

/// `vocab.txt`: BERT's or MPNet's WordPiece, a token a line.
enum VocabularyTextFormat: TokenizerFormat {
  static let files = "vocab.txt"

  static func isPresent(in folder: URL) -> Bool { file(in: folder, among: [files]) != nil }

  static func tokenizer(in folder: URL) throws(TokenizerError) -> Tokenizer {
    let url = folder.appending(component: files)
    let settings = try TokenizerSettings(folder: folder)
    let isMPNet =
      try TokenizerClass(folder: folder, settings).kind(among: [
        (
          [
            "Bert", "ConvBert", "DistilBert", "Electra", "LayoutLM", "MobileBert", "SqueezeBert",
          ], false
        ), (["MPNet"], true),
      ]) ?? false
    let tokens = try Tokenizer.lines(of: url)
    let ids = Dictionary(tokens.enumerated().map { ($1, $0) }) { first, _ in first }
    let older = OlderFiles(name: url.path, configuration: settings?.document) { ids[$0] }
    let usual = isMPNet ? ("<s>", "</s>", "<pad>", "<mask>") : ("[CLS]", "[SEP]", "[PAD]", "[MASK]")
    let sections: [JSONValue.Member] = [
      .init(
        key: "added_tokens",
        value: try older.added([
          ("unk_token", "[UNK]"), ("sep_token", usual.1), ("pad_token", usual.2),
          ("cls_token", usual.0), ("mask_token", usual.3),
        ])),
      .init(key: "normalizer", value: try older.bertNormalizer()),
      .init(key: "pre_tokenizer", value: ["type": .string("BertPreTokenizer")]),
      .init(
        key: "post_processor",
        value: try older.marks(
          isMPNet ? "RobertaProcessing" : "BertProcessing", ("cls_token", usual.0),
          ("sep_token", usual.1))),
      .init(
        key: "model",
        value: [
          "type": .string("WordPiece"),
          "unk_token": .string(try older.token("unk_token", "[UNK]")),
          "vocab": .object(
            tokens.enumerated().map { .init(key: $1, value: .number(Double($0))) }),
        ]),
    ]
    return try Tokenizer(
      TokenizerFile(name: url.path, root: .object(sections)), settings: settings,
      chatTemplate: Tokenizer.chatTemplate(in: folder))
  }
}

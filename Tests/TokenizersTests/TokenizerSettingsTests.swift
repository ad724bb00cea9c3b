import Foundation
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// The settings beside `tokenizer.json` that stand over it, as in the reference.
@Suite struct TokenizerSettingsTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func tokenizer(_ files: [String: String]) throws -> Tokenizer {
    let folder = temporary.url.appending(component: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appending(component: name))
    }
    return try Tokenizer(folder: folder)
  }

  private static let wordPiece = #"""
    {"added_tokens": [], "normalizer": {"type": "BertNormalizer", "clean_text": true,
     "handle_chinese_chars": true, "strip_accents": null, "lowercase": false},
     "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null,
     "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
     "vocab": {"[UNK]": 0, "A": 1, "a": 2, "\u00c9": 3, "\u00e9": 4, "e": 5, "[SEP]": 6, "[": 7,
     "]": 8, "SEP": 9, "sep": 10}}}
    """#

  @Test(arguments: [
    (#"{"tokenizer_class": "BertTokenizer", "do_lower_case": true}"#, [2, 5]),
    (#"{"tokenizer_class": "BertTokenizerFast", "do_lower_case": false}"#, [1, 3]),
    (#"{"tokenizer_class": "BertTokenizer", "strip_accents": false}"#, [2, 4]),
    (#"{"tokenizer_class": "BertTokenizer"}"#, [2, 5]),
    (#"{"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": true}"#, [1, 3]),
    ("{}", [1, 3]),
  ])
  func smallLettersAndAccents(settings: String, ids: [Int]) throws {
    let tokenizer = try tokenizer([
      "tokenizer.json": Self.wordPiece, "tokenizer_config.json": settings,
    ])
    #expect(tokenizer.encode("A \u{c9}") == ids)
  }

  /// A special token that stands in one of the other files only.
  @Test(arguments: [
    ("tokenizer_config.json", #"{"sep_token": "[SEP]"}"#),
    ("tokenizer_config.json", #"{"sep_token": {"content": "[SEP]", "special": true}}"#),
    ("tokenizer_config.json", #"{"additional_special_tokens": ["[SEP]"]}"#),
    (
      "tokenizer_config.json",
      #"{"added_tokens_decoder": {"6": {"content": "[SEP]", "special": true}}}"#
    ), ("special_tokens_map.json", #"{"sep_token": "[SEP]"}"#),
    ("added_tokens.json", #"{"[SEP]": 6}"#),
  ])
  func aSpecialTokenElsewhere(file: String, content: String) throws {
    let without = try tokenizer(["tokenizer.json": Self.wordPiece])
    #expect(without.encode("A[SEP]a") == [1, 7, 9, 8, 2])
    let with = try tokenizer(["tokenizer.json": Self.wordPiece, file: content])
    #expect(with.encode("A[SEP]a") == [1, 6, 2])
  }

  private static let byteLevel = #"""
    {"added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "ByteLevel",
     "add_prefix_space": false, "use_regex": true}, "post_processor": null,
     "model": {"type": "BPE", "merges": [["\u0120", "a"]], "vocab": {"a": 0, "\u0120": 1,
     "\u0120a": 2}}}
    """#

  @Test(arguments: [
    (#"{"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": true}"#, [2]),
    (#"{"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": true}"#, [2]),
    (#"{"tokenizer_class": "GPT2TokenizerFast"}"#, [0]),
    (#"{"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": true}"#, [0]),
  ])
  func aSpaceInFront(settings: String, ids: [Int]) throws {
    let tokenizer = try tokenizer([
      "tokenizer.json": Self.byteLevel, "tokenizer_config.json": settings,
    ])
    #expect(tokenizer.encode("a") == ids)
  }

  /// A text that begins with the mark of a space gets no other, as in the reference.
  @Test(arguments: ["always", "first"])
  func aTextThatBeginsWithTheMark(scheme: String) throws {
    let file = #"""
      {"added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Metaspace",
       "replacement": "\u2581", "prepend_scheme": "SCHEME", "split": false},
       "post_processor": null, "model": {"type": "BPE", "merges": [], "unk_token": "a",
       "vocab": {"a": 0, "\u2581": 1}}}
      """#
    let tokenizer = try tokenizer([
      "tokenizer.json": file.replacing("SCHEME", with: scheme)
    ])
    #expect(tokenizer.encode("a") == [1, 0])
    #expect(tokenizer.encode("\u{2581}a") == [1, 0])
    #expect(tokenizer.encode(" a") == [1, 0])
  }
}

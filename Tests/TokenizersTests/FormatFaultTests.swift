import Foundation
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Faults of the files that stand alone: each names the file, the place, and what to do.
@Suite struct FormatFaultTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func message(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let url = try temporary.file(name, bytes)
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: temporary.url) }
    let message = try #require(error?.description)
    #expect(message.hasPrefix(url.path + ": ") && !message.contains("\n"), "\(message)")
    return String(message.dropFirst(url.path.utf8.count + 2))
  }

  /// A field of a message: its number and its bytes.
  private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  /// A piece with its text and its type.
  private func piece(_ text: String, _ type: UInt8 = 1) -> [UInt8] {
    field(1, field(1, Array(text.utf8)) + [3 << 3, type])
  }

  @Test func sentencePiece() throws {
    let name = "tokenizer.model"
    let whole = piece("<unk>", 2) + piece("a")
    #expect(
      try message(name, "nonsense".utf8)
        == "expected a SentencePiece model, or lines of a token in Base64 and its rank, found "
        + "other bytes")
    #expect(
      try message(name, whole + [0x0A, 9])
        == "expected a SentencePiece model, found no field of the model at byte \(whole.count)")
    #expect(
      try message(name, whole + piece("b", 7))
        == "pieces[2]: expected a type from 1 to 6, found 7")
    #expect(
      try message(name, whole + field(2, [3 << 3, 4]))
        == "trainer_spec.model_type: expected 1 (Unigram) or 2 (byte-pair encoding), found 4")
    #expect(
      try message(name, whole + field(2, [0xC0, 0x02, 9]))
        == "trainer_spec.unk_id: expected an id below the 2 pieces, found 9")
    #expect(
      try message(name, whole + field(3, field(2, [1, 2, 3])))
        == "normalizer_spec.precompiled_charsmap: expected a character map of at least 4 bytes, "
        + "found 3")
    #expect(
      try message(name, whole + piece("a"))
        == #"pieces[2]: expected each token once, found "a" again, which is token 1"#)
  }

  @Test func tiktoken() throws {
    #expect(
      try message("my.tiktoken", "YQ== 0\n".utf8)
        == "expected a name that tells how words are cut, tokenizer.model, tiktoken.model, "
        + "qwen.tiktoken, gpt2.tiktoken, r50k_base.tiktoken, p50k_base.tiktoken, "
        + #"cl100k_base.tiktoken or o200k_base.tiktoken, found "my.tiktoken""#)
    try FileManager.default.removeItem(at: temporary.url.appending(component: "my.tiktoken"))
    #expect(
      try message("gpt2.tiktoken", "YQ== 0\nYg==\n".utf8)
        == #"line 2: expected a token in Base64 and its rank, found "Yg==""#)
    #expect(
      try message("gpt2.tiktoken", "YQ== 0\nYg== 2\n".utf8)
        == #"line 2: expected the rank 1, as ranks go up by 1, found "Yg== 2""#)
  }

  @Test func tekken() throws {
    let name = "tekken.json"
    #expect(
      try message(name, "{}".utf8) == "config.pattern: expected a text, found nothing")
    #expect(
      try message(name, #"{"config": {"pattern": "(a"}, "vocab": [{"token_bytes": "YQ=="}]}"#.utf8)
        == #"config.pattern: expected a regular expression that ICU reads, found "(a""#)
    #expect(
      try message(name, #"{"config": {"pattern": "a"}, "vocab": [{"token_bytes": "?"}]}"#.utf8)
        == #"vocab[0].token_bytes: expected Base64, found "?""#)
    #expect(
      try message(
        name,
        #"{"config": {"pattern": "a"}, "special_tokens": [{"rank": 1, "token_str": "x"}]}"#.utf8)
        == "special_tokens: expected ranks from 0 on, each once, found others")
  }

  @Test func aFolderWithoutATokenizer() throws {
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: temporary.url) }
    #expect(
      error?.description == temporary.url.path
        + ": expected tokenizer.json, vocab.txt, vocab.json and merges.txt, tokenizer.model, "
        + "tekken.json or a .tiktoken file, found none of them")
    #expect(!Tokenizer.isPresent(in: temporary.url))
    _ = try temporary.file("spm.model", piece("<unk>", 2))
    #expect(Tokenizer.isPresent(in: temporary.url))
  }
}

import Foundation
import InterchangeTokenizers
import Testing

@Suite struct TokenizerFileTests {
  @Test(arguments: ["llama3", "qwen2", "roberta", "llama2"])
  func filesDoWhatTheReferenceDoes(name: String) throws {
    let folder = Fixtures.folder.appendingPathComponent(name)
    let tokenizer = try Tokenizer(tokenizerJSON: folder.appendingPathComponent("tokenizer.json"))
    let cases: [Fixtures.Case] = try Fixtures.read("\(name)/cases.json")
    #expect(cases.count > 30)
    for item in cases {
      let text = item.text
      #expect(tokenizer.encode(text) == item.ids, "\(text.debugDescription)")
      #expect(
        tokenizer.encode(text, parsingSpecialTokens: false) == item.unparsed ?? item.ids,
        "\(text.debugDescription)")
      // The reference takes added tokens that are no ASCII for byte-level spellings.
      if text.contains("<norm") { continue }
      let decoded = item.decoded ?? text
      let skipped = item.skipped ?? decoded
      if name != "llama2" {
        #expect(tokenizer.decodeBytes(item.ids) == Array(decoded.utf8))
      }
      // Its SentencePiece decoder keeps the spaces that encoding puts after special tokens.
      if name != "llama2" || !text.contains("<s>") {
        #expect(
          tokenizer.decodeBytes(item.ids, skippingSpecialTokens: true) == Array(skipped.utf8))
      }
    }
  }

  @Test func roleOfTokensComesFromTheConfiguration() throws {
    func tokenizer(_ name: String) throws -> Tokenizer {
      try Tokenizer(tokenizerJSON: Fixtures.folder.appendingPathComponent("\(name)/tokenizer.json"))
    }
    let llama3 = try tokenizer("llama3")
    #expect(llama3.beginningOfSequence == 0 && llama3.endOfSequence == 1)
    #expect(llama3.addsBeginningOfSequence && !llama3.addsEndOfSequence)
    let qwen2 = try tokenizer("qwen2")
    #expect(qwen2.beginningOfSequence == nil && qwen2.endOfSequence == 1)
    #expect(!qwen2.addsBeginningOfSequence)
    let llama2 = try tokenizer("llama2")
    #expect(llama2.unknown == 0 && llama2.beginningOfSequence == 1)
    // This one has no configuration.
    #expect(try tokenizer("roberta").beginningOfSequence == nil)
  }

  @Test func bothSourcesOfAVocabularyAgree() throws {
    let file = try Tokenizer(
      tokenizerJSON: Fixtures.folder.appendingPathComponent("llama2/tokenizer.json"))
    let scored = try Tokenizer(vocabulary: Fixtures.sentencePiece().description)
    for text in ["Once upon a time", "  the keys  ", "naïve ☃", "鍵は戸棚の近く"] {
      #expect(file.encode(text) == scored.encode(text))
      #expect(file.decode(file.encode(text), skippingSpecialTokens: true) == text)
    }
  }

  @Test func missingAndUnreadableFilesThrow() {
    let url = URL(fileURLWithPath: "/nowhere/tokenizer.json")
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerJSON: url) }
    #expect(
      error?.description == "/nowhere/tokenizer.json: expected a readable file, found nothing")
  }

  @Test(arguments: [
    ("{", "expected a key in quotes, found other text at byte 1"),
    ("[]", "expected a JSON object, found an array of 0"),
    ("{}", "model: expected an object, found nothing"),
    (
      #"{"model":{"type":"X"}}"#,
      #"model.type: expected BPE, Unigram, WordLevel or WordPiece, found "X""#
    ),
    (
      #"{"model":{"type":"Unigram","vocab":[["a"]]}}"#,
      "model.vocab[0]: expected a piece and its score, found an array of 1"
    ),
    (
      #"{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}"#,
      "model.unk_id: expected an id below 1, found 1"
    ),
    (
      #"{"model":{"vocab":{"a":0},"merges":[],"dropout":0.5}}"#,
      "model.dropout: expected 0 or nothing, as texts have one encoding, found 0.5"
    ),
    (
      #"{"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"}}"#,
      "normalizer.precompiled_charsmap: expected a character map of at least 4 bytes, found 3"
    ),
    (
      #"{"model":{"type":"WordPiece","vocab":{"a":0}}}"#,
      "model.unk_token: expected a token of the vocabulary, found nothing"
    ),
    (
      #"{"model":{"vocab":{},"merges":[]}}"#,
      "model.vocab: expected at least one token, found an object of 0"
    ),
    (
      #"{"model":{"vocab":{"a":-1},"merges":[]}}"#,
      #"model.vocab["a"]: expected an id below 4194304, found -1"#
    ),
    (
      #"{"model":{"vocab":{"a":1e99},"merges":[]}}"#,
      #"model.vocab["a"]: expected an id below 4194304, found 1e+99"#
    ),
    (
      #"{"model":{"vocab":{"a":0,"b":2165536},"merges":[]}}"#,
      "model.vocab: expected at most 65536 ids without a token, "
        + "found 2165535 below the highest, 2165536"
    ),
    (
      #"{"added_tokens":[{"id":70000,"content":"b"}],"model":{"vocab":{"a":0},"merges":[]}}"#,
      "model.vocab: expected at most 65536 ids without a token, "
        + "found 69999 below the highest, 70000"
    ),
    (
      #"{"model":{"vocab":{"a":0,"b":0},"merges":[]}}"#,
      #"model.vocab["b"]: expected one token with the id 0, found "a" and "b""#
    ),
    (
      #"{"model":{"vocab":{"a":0,"a":1},"merges":[]}}"#,
      #"model.vocab, id 1: expected each token once, found "a" again, which is token 0"#
    ),
    (
      #"{"model":{"vocab":{"a":0},"merges":["a b"]}}"#,
      #"model.merges[0]: expected tokens of the vocabulary, found "b""#
    ),
    (
      #"{"model":{"vocab":{"a":0},"merges":["aa"]}}"#,
      #"model.merges[0]: expected two tokens with a space between, found "aa""#
    ),
    (
      #"{"model":{"vocab":{"a":0},"merges":[["a"]]}}"#,
      "model.merges[0]: expected a text or a pair of texts, found an array of 1"
    ),
    (
      #"{"model":{"vocab":{"a":0},"merges":[],"unk_token":"u"}}"#,
      #"model.unk_token: expected a token of the vocabulary, found "u""#
    ),
    (
      #"{"added_tokens":[{"id":0,"content":"b"}],"model":{"vocab":{"a":0},"merges":[]}}"#,
      #"added_tokens[0]: expected one token with the id 0, found "a" and "b""#
    ),
    (
      #"{"normalizer":{"type":"NFKC\n"},"model":{"vocab":{"a":0},"merges":[]}}"#,
      "normalizer.type: expected BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, "
        + "Precompiled, Prepend, Replace, Sequence, Strip or StripAccents, "
        + #"found "NFKC\n""#
    ),
    (
      #"{"pre_tokenizer":{"type":"Split","behavior":"Isolated","pattern":{"Regex":"(a"}}}"#,
      #"pre_tokenizer.pattern: expected a regular expression that ICU reads, found "(a""#
    ),
    (
      #"{"post_processor":{"type":"X"},"model":{"vocab":{"a":0},"merges":[]}}"#,
      "post_processor.type: expected BertProcessing, ByteLevel, RobertaProcessing, Sequence "
        + #"or TemplateProcessing, found "X""#
    ),
  ])
  func faultsAreNamedInOneLine(document: String, message: String) throws {
    let url = try temporaryFile(Data(document.utf8))
    defer { try? FileManager.default.removeItem(at: url) }
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerJSON: url) }
    let description = try #require(error?.description)
    #expect(description.hasPrefix(url.path + ": "))
    #expect(description.hasSuffix(message), "\(description)")
    #expect(!description.contains("\n"))
  }

  @Test func damagedFilesThrowOrWork() throws {
    var generator = SplitMix64(state: 4)
    for name in ["llama3", "llama2", "bert"] {
      let whole = try Data(
        contentsOf: Fixtures.folder.appendingPathComponent("\(name)/tokenizer.json"))
      for round in 0..<100 {
        var data = whole
        if round % 4 == 0 {
          data = data.prefix(Int.random(in: 0..<data.count, using: &generator))
        } else {
          for _ in 0..<3 {
            let index = Int.random(in: 0..<data.count, using: &generator)
            data[index] = Array("{}[]\",:0123456789a\\".utf8).randomElement(using: &generator)!
          }
        }
        let url = try temporaryFile(data)
        defer { try? FileManager.default.removeItem(at: url) }
        switch Result(catching: { () throws(TokenizerError) in try Tokenizer(tokenizerJSON: url) })
        {
        case .success(let tokenizer):
          _ = tokenizer.decode(tokenizer.encode("The key <|end|> near 123 cabinets, größer"))
        case .failure(let error):
          #expect(!error.description.contains("\n"))
        }
      }
    }
  }

  private func temporaryFile(_ data: Data) throws -> URL {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("tokenizer-\(UUID().uuidString).json")
    try data.write(to: url)
    return url
  }
}

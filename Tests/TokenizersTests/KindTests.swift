import Foundation
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// The further kinds of tokenizers against their references, from the folders that
/// `make_kind_fixtures.py` made.
@Suite struct KindTests {
  private struct Kind: Decodable {
    struct Case: Decodable {
      let ids: [Int]
      /// Start and end of each token's part of the text.
      let ranges: [Int]?
      /// The decoded text without special tokens, where it is not the text.
      let decoded: String?
    }
    let cases: [Case?]
    let pair: [Int]?
  }

  static let names = [
    "spm-llama", "spm-llama-legacy", "spm-gemma", "spm-t5", "spm-xlmr", "spm-albert",
    "spm-deberta", "spm-own-bpe", "spm-own-unigram", "tiktoken-llama3", "tiktoken-o200k",
    "tiktoken-cl100k", "tekken", "older-opt", "older-qwen2", "older-gpt1", "older-clip",
    "older-mpnet", "unigram", "falcon", "byte-normalizer", "continuing-prefix",
  ]

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(folder: Fixtures.folder.appending(component: name))
  }

  private func cases(_ name: String) throws -> [(text: String, item: Kind.Case)] {
    let texts: [String] = try Fixtures.read("kind-texts.json")
    let kind: Kind = try Fixtures.read("\(name)/kind.json")
    #expect(texts.count == kind.cases.count && texts.count >= 50)
    return zip(texts, kind.cases).compactMap { text, item in item.map { (text, $0) } }
  }

  @Test(arguments: names)
  func idsAreThoseOfTheReference(name: String) throws {
    let tokenizer = try tokenizer(name)
    for (text, item) in try cases(name) {
      #expect(tokenizer.encode(text) == item.ids, "\(text.debugDescription)")
    }
    let kind: Kind = try Fixtures.read("\(name)/kind.json")
    if let pair = kind.pair { #expect(tokenizer.encode("The key", "is old.").ids == pair) }
  }

  /// Each token's part of the text covers the reference's, which has whole characters, and leaves
  /// out marks that were composed; what is put in stands for nothing here, for a neighbor there.
  @Test(arguments: names)
  func rangesCoverThoseOfTheReference(name: String) throws {
    let tokenizer = try tokenizer(name)
    for (text, item) in try cases(name) {
      let bytes = Array(text.utf8)
      let (ids, ranges) = tokenizer.encodeWithRanges(text)
      #expect(ids == item.ids, "\(text.debugDescription)")
      #expect(
        ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= bytes.count },
        "\(text.debugDescription)")
      guard let expected = item.ranges, ids == item.ids else { continue }
      for (index, range) in ranges.enumerated() where !range.isEmpty {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        let (first, last) = (expected[2 * index], expected[2 * index + 1])
        // SentencePiece counts what it removes to the piece before, and has one place for all of a
        // piece that a user defined.
        let isWithin = name.hasPrefix("spm-own") && first <= start && end <= last
        #expect(
          start <= first && last <= end || isWithin,
          "\(text.debugDescription), token \(index): \(range)")
      }
    }
  }

  @Test(arguments: names)
  func decodedTextIsThatOfTheReference(name: String) throws {
    let tokenizer = try tokenizer(name)
    // SentencePiece and tiktoken give the bytes back, which are texts by themselves.
    guard !name.hasPrefix("spm-own"), !name.hasPrefix("tiktoken") else { return }
    for (text, item) in try cases(name) {
      let decoded = item.decoded ?? text
      // Special tokens in a text leave spaces there, and its lone bytes are none of UTF-8.
      if text.contains("<s>") || decoded.contains("\u{FFFD}") { continue }
      let found = tokenizer.decode(item.ids, skippingSpecialTokens: true)
      #expect(Array(found.utf8) == Array(decoded.utf8), "\(text.debugDescription): \(found)")
    }
  }

  /// A stream gives the text of all tokens, whatever their kind.
  @Test(arguments: names)
  func streamsGiveTheDecodedText(name: String) throws {
    let tokenizer = try tokenizer(name)
    for (text, item) in try cases(name) {
      var stream = StreamingDecoder(tokenizer)
      let pieces = item.ids.map { stream.append($0) }
      let whole = pieces.joined() + stream.finish()
      #expect(
        Array(whole.utf8)
          == Array(
            tokenizer.decode(item.ids, skippingSpecialTokens: true, continuing: true).utf8),
        "\(text.debugDescription)")
    }
  }

  @Test(arguments: names)
  func continuationsAreEncodedInTheirPlace(name: String) throws {
    let tokenizer = try tokenizer(name)
    for (prompt, continuation) in [("The key", " is old"), ("the ke", "ys"), ("a ", "b")] {
      let found = tokenizer.encode(prompt, continuedBy: continuation)
      let whole = tokenizer.encode(prompt + continuation)
      let ids = found.prompt + found.continuation
      #expect(Array(whole.prefix(ids.count)) == ids, "\(prompt)|\(continuation)")
      #expect(whole.dropFirst(ids.count).allSatisfy(tokenizer.isSpecial))
    }
  }

  /// Text from others can't spell a special token.
  @Test(arguments: names)
  func untrustedTextHasNoSpecialTokens(name: String) throws {
    let tokenizer = try tokenizer(name)
    let special = (0..<tokenizer.count).filter {
      tokenizer.isSpecial($0) && $0 != tokenizer.unknown && tokenizer.token($0) != "<unk>"
    }
    let text = special.map { tokenizer.decode([$0]) }.joined(separator: " ")
    let ids = tokenizer.encode(text, addingSpecialTokens: false, parsingSpecialTokens: false)
    #expect(!ids.contains { special.contains($0) })
  }

  @Test func rolesOfClasses() throws {
    let t5 = try tokenizer("spm-t5")
    #expect(t5.endOfSequence == 1 && t5.beginningOfSequence == nil && t5.unknown == 2)
    #expect(t5.id(of: "<extra_id_0>") == t5.count - 1 && t5.addsEndOfSequence)
    let xlmr = try tokenizer("spm-xlmr")
    #expect(xlmr.beginningOfSequence == 0 && xlmr.mask == xlmr.count - 1 && xlmr.unknown == 3)
    let albert = try tokenizer("spm-albert")
    let mask = try #require(albert.mask)
    #expect(mask == albert.id(of: "[MASK]") && albert.isSpecial(mask))
    let gemma = try tokenizer("spm-gemma")
    #expect(gemma.beginningOfSequence == 2 && gemma.endOfSequence == 1)
    let llama = try tokenizer("spm-llama")
    #expect(llama.beginningOfSequence == 1 && llama.addsBeginningOfSequence)
    #expect(try tokenizer("tekken").beginningOfSequence == 1)
  }

  /// A class of transformers that isn't known may treat texts in another way.
  @Test(arguments: [
    ("spm-t5", "spiece.model", "Albert"), ("older-opt", "merges.txt", "CLIP"),
    ("older-mpnet", "vocab.txt", "Bert"),
  ])
  func unknownClassesAreRefusedByName(name: String, file: String, known: String) throws {
    let temporary = try TemporaryFolder()
    for item in try FileManager.default.contentsOfDirectory(
      at: Fixtures.folder.appending(component: name), includingPropertiesForKeys: nil)
    where item.lastPathComponent != "tokenizer_config.json" {
      _ = try temporary.file(item.lastPathComponent, Data(contentsOf: item))
    }
    _ = try temporary.file(
      "tokenizer_config.json", Data(#"{"tokenizer_class": "CamembertTokenizerFast"}"#.utf8))
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: temporary.url) }
    let message = try #require(error?.description)
    #expect(message.hasSuffix(#"found "CamembertTokenizer""#), "\(message)")
    #expect(message.contains("tokenizer_class: expected a tokenizer.json, or one of the classes"))
    #expect(message.contains("\(known)Tokenizer"))
    // The kind of model in its place is enough.
    _ = try temporary.file("tokenizer_config.json", Data("{}".utf8))
    _ = try temporary.file(
      "config.json", Data(#"{"model_type": "\#(name == "spm-t5" ? "t5" : "x")"}"#.utf8))
    guard name != "older-mpnet" else { return }
    #expect(throws: Never.self) { try Tokenizer(folder: temporary.url) }
  }

  @Test(arguments: [
    ("spm-own-unigram", "tokenizer.model"), ("spm-own-bpe", "tokenizer.model"),
    ("spm-t5", "spiece.model"), ("tiktoken-llama3", "tokenizer.model"),
    ("tekken", "tekken.json"), ("unigram", "tokenizer.json"), ("older-clip", "vocab.json"),
  ])
  func damagedFilesThrowOrWork(name: String, file: String) throws {
    let temporary = try TemporaryFolder()
    let folder = Fixtures.folder.appending(component: name)
    for item in try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    { _ = try temporary.file(item.lastPathComponent, Data(contentsOf: item)) }
    let whole = try Data(contentsOf: folder.appending(component: file))
    var generator = SplitMix64(state: 9)
    for round in 0..<60 {
      var data = whole
      if round % 4 == 0 {
        data = data.prefix(Int.random(in: 0..<data.count, using: &generator))
      } else {
        for _ in 0..<(1 << (round % 6)) {
          let index = Int.random(in: 0..<data.count, using: &generator)
          data[index] = UInt8.random(in: .min ... .max, using: &generator)
        }
      }
      _ = try temporary.file(file, data)
      switch Result(
        catching: { () throws(TokenizerError) in try Tokenizer(folder: temporary.url) })
      {
      case .success(let tokenizer):
        let (ids, _) = tokenizer.encodeWithRanges("The key <|end|> near 123\n größer ﬁ ☃")
        _ = tokenizer.decode(ids)
      case .failure(let error):
        #expect(!error.description.contains("\n"))
      }
    }
  }

  @Test func tokensAreFoundByTheirText() throws {
    let gpt1 = try tokenizer("older-gpt1")
    let the = try #require(gpt1.id(of: "the "))
    #expect(gpt1.token(the) == "the " && gpt1.id(of: "the</w>") == the)
    let unigram = try tokenizer("unigram")
    let known = unigram.id(of: " key") ?? unigram.id(of: " ke")
    let key = try #require(known)
    #expect(unigram.token(key).hasPrefix(" ke"))
  }
}

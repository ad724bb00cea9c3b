import Foundation
import InterchangeBasics
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Each normalizer, pre-tokenizer and decoder of `tokenizer.json` against the reference, in a file
/// whose vocabulary are whole words.
@Suite struct StepTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func tokenizer(_ sections: [String: JSONValue]) throws -> Tokenizer {
    let text = try Self.json(.object(sections.map { .init(key: $0.key, value: $0.value) }))
    return try Tokenizer(tokenizerJSON: temporary.file("\(UUID().uuidString).json", text.utf8))
  }

  /// The document with all names; Foundation's encoder merges canonically equivalent ones.
  private static func json(_ value: JSONValue) throws -> String {
    guard let members = value.members else {
      return String(
        decoding: try JSONEncoder().encode([value]).dropFirst().dropLast(), as: UTF8.self)
    }
    return try "{"
      + members.map { try json(.string($0.key)) + ":" + json($0.value) }
      .joined(separator: ",") + "}"
  }

  private struct Steps: Decodable {
    struct Step: Decodable {
      let name: String
      let normalizer: JSONValue?
      let preTokenizer: JSONValue?
      let words: [String]
      /// For each text the ids, and start and end of each.
      let results: [[[Int]]]
    }
    let texts: [String]
    let steps: [Step]
  }

  @Test func stepsGiveTheWordsOfTheReference() throws {
    let fixture: Steps = try Fixtures.read("steps.json")
    #expect(fixture.steps.count > 35)
    for step in fixture.steps {
      let vocabulary = step.words.enumerated().map {
        JSONValue.Member(key: $0.element, value: .integer($0.offset))
      }
      let unknown = JSONValue.Member(key: "<unk>", value: .integer(step.words.count))
      let tokenizer = try tokenizer([
        "normalizer": step.normalizer ?? .null, "pre_tokenizer": step.preTokenizer ?? .null,
        "model": [
          "type": .string("WordLevel"), "unk_token": .string("<unk>"),
          "vocab": .object(vocabulary + [unknown]),
        ],
      ])
      for (text, result) in zip(fixture.texts, step.results) {
        let (ids, ranges) = tokenizer.encodeWithRanges(text)
        #expect(
          ids == result[0],
          "\(step.name), \(text.debugDescription): \(ids.map(tokenizer.token))")
        guard ids == result[0] else { continue }
        for (index, range) in ranges.enumerated() where !range.isEmpty {
          let bytes = Array(text.utf8)
          var (start, end) = (range.lowerBound, range.upperBound)
          while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
          while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
          #expect(
            start <= result[1][2 * index] && result[1][2 * index + 1] <= end,
            "\(step.name), \(text.debugDescription), \(index): \(range)")
        }
      }
    }
  }

  private struct Decoders: Decodable {
    struct Kind: Decodable {
      let decoder: JSONValue?
      let byteFallback: Bool
      let texts: [String]
    }
    let tokens: [String]
    let ids: [[Int]]
    let kinds: [Kind]
  }

  @Test func decodersGiveTheTextOfTheReference() throws {
    let fixture: Decoders = try Fixtures.read("decoders.json")
    for kind in fixture.kinds where kind.decoder != nil {
      let tokenizer = try tokenizer([
        "decoder": kind.decoder ?? .null,
        "model": [
          "type": .string("BPE"), "merges": .array([]), "byte_fallback": .bool(kind.byteFallback),
          "vocab": .object(
            fixture.tokens.enumerated().map { .init(key: $0.element, value: .integer($0.offset)) }),
        ],
      ])
      for (ids, text) in zip(fixture.ids, kind.texts) {
        // The space before a text that a decoder takes away is one here, and all there.
        if ids.first == 1 || text.contains("\u{FFFD}") { continue }
        #expect(tokenizer.decode(ids) == text, "\(String(describing: kind.decoder)): \(ids)")
      }
    }
  }

  @Test(arguments: [
    (
      "normalizer", "NFX",
      "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, "
        + "Replace, Sequence, Strip or StripAccents"
    ),
    (
      "pre_tokenizer", "Words",
      "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, "
        + "Punctuation, Sequence, Split, UnicodeScripts, Whitespace or WhitespaceSplit"
    ),
    (
      "decoder", "CTC",
      "BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip or WordPiece"
    ),
    (
      "post_processor", "X",
      "BertProcessing, ByteLevel, RobertaProcessing, Sequence or TemplateProcessing"
    ),
  ])
  func unknownStepsAreRefusedByName(section: String, name: String, known: String) throws {
    let error = #expect(throws: TokenizerError.self) {
      try tokenizer([
        section: ["type": .string(name)],
        "model": ["type": .string("BPE"), "vocab": ["a": .integer(0)], "merges": .array([])],
      ])
    }
    let message = try #require(error?.description)
    #expect(
      message.hasSuffix("\(section).type: expected \(known), found \"\(name)\""), "\(message)")
  }
}

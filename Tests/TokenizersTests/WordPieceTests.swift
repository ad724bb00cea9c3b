import Foundation
import InterchangeTokenizers
import Testing

/// The encoders' tokenizers against the reference, from `tokenizer.json` and from the files before
/// it.
@Suite struct WordPieceTests {
  private struct Pair: Decodable {
    let first: String
    let second: String
    let ids: [Int]
    let types: [Int]
  }

  static let names = ["bert", "bert-cased", "roberta-older"]

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(folder: Fixtures.folder.appendingPathComponent(name))
  }

  @Test(arguments: names)
  func filesDoWhatTheReferenceDoes(name: String) throws {
    let tokenizer = try tokenizer(name)
    let cases: [Fixtures.Case] = try Fixtures.read("\(name)/cases.json")
    #expect(cases.count > 20)
    for item in cases {
      let text = item.text.debugDescription
      #expect(tokenizer.encode(item.text) == item.ids, "\(text)")
      #expect(
        tokenizer.encode(item.text, parsingSpecialTokens: false) == item.unparsed ?? item.ids,
        "\(text)")
      let decoded = item.decoded ?? item.text
      // The reference has no decoder for `vocab.txt` alone that differs from that of
      // `tokenizer.json`.
      #expect(tokenizer.decodeBytes(item.ids) == Array(decoded.utf8), "\(text)")
      #expect(
        tokenizer.decodeBytes(item.ids, skippingSpecialTokens: true)
          == Array((item.skipped ?? decoded).utf8), "\(text)")
    }
  }

  @Test(arguments: names)
  func pairs(name: String) throws {
    let tokenizer = try tokenizer(name)
    for pair in try Fixtures.read("\(name)/pairs.json", as: [Pair].self) {
      let (ids, types) = tokenizer.encode(pair.first, pair.second)
      #expect(ids == pair.ids, "\(pair.first)")
      #expect(types == pair.types, "\(pair.first)")
    }
  }

  /// `vocab.txt` alone gives the tokenizer of the `tokenizer.json` with the same vocabulary.
  @Test func vocabularyTextAlone() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("wordpiece-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = folder.appendingPathComponent("vocab.txt")
    try FileManager.default.copyItem(
      at: Fixtures.folder.appendingPathComponent("bert/vocab.txt"), to: text)
    let (plain, full) = (try Tokenizer(folder: folder), try tokenizer("bert"))
    #expect(plain.count == full.count && plain.mask == 4 && full.mask == 4)
    for item in try Fixtures.read("bert/cases.json", as: [Fixtures.Case].self) {
      #expect(plain.encode(item.text) == item.ids, "\(item.text.debugDescription)")
    }
    try Data("a\nb\n".utf8).write(to: text)
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
    #expect(error?.description == "\(text.path): expected the token \"[CLS]\", found none")
  }

  /// Each token's range is the part of the text that it stands for, whatever normalization did to
  /// it.
  @Test func rangesInTheText() throws {
    let tokenizer = try tokenizer("bert")
    let text = "  The KÉYS [MASK], 京x"
    let (ids, ranges) = tokenizer.encodeWithRanges(text)
    #expect(ids == tokenizer.encode(text))
    let parts = ranges.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
    #expect(parts.first == "" && parts.last == "")
    #expect(parts.joined() == "TheKÉYS [MASK],京x".replacing(" ", with: ""))
    #expect(parts.contains("The") && parts.contains("京") && parts.contains(","))
    for item in try Fixtures.read("bert/cases.json", as: [Fixtures.Case].self) {
      let (ids, ranges) = tokenizer.encodeWithRanges(item.text)
      #expect(ids == item.ids)
      let isRising = zip(ranges, ranges.dropFirst()).allSatisfy { $0.lowerBound <= $1.lowerBound }
      #expect(isRising && ranges.allSatisfy { $0.upperBound <= item.text.utf8.count })
    }
  }

  @Test func roles() throws {
    let bert = try tokenizer("bert")
    #expect(bert.beginningOfSequence == 2 && bert.endOfSequence == 3 && bert.mask == 4)
    #expect(bert.unknown == 1 && bert.id(of: " the") == bert.id(of: "the"))
    let roberta = try tokenizer("roberta-older")
    #expect(roberta.beginningOfSequence == 0 && roberta.endOfSequence == 2)
    #expect(roberta.mask == roberta.id(of: "<mask>") && roberta.mask != nil)
  }
}

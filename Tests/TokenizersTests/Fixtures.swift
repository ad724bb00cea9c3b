import Foundation
import InterchangeTokenizers

/// The files that `Fixtures/tokenizers/make_fixtures.py` made.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/tokenizers")

  /// A byte-level vocabulary, and what each kind of pre-tokenizer does with it.
  struct ByteLevel: Decodable {
    struct Kind: Decodable {
      var name: String
      var words: [[String]]
      var ids: [[Int]]
    }
    var tokens: [String]
    var merges: [String]
    var types: [Int32]
    var texts: [String]
    var kinds: [Kind]

    func tokenizer(_ preTokenizer: String) throws -> Tokenizer {
      try Tokenizer(vocabulary: description(preTokenizer))
    }

    func description(_ preTokenizer: String? = "gpt-2") -> VocabularyDescription {
      VocabularyDescription(
        model: "gpt2", preTokenizer: preTokenizer, tokens: tokens, tokenTypes: types,
        merges: merges, beginningOfSequence: 0, endOfSequence: 1, addsBeginningOfSequence: false)
    }
  }

  /// A SentencePiece vocabulary, and what its library does with it.
  struct SentencePiece: Decodable {
    var tokens: [String]
    var scores: [Float]
    var types: [Int32]
    var texts: [String]
    var ids: [[Int]]

    var description: VocabularyDescription {
      VocabularyDescription(
        model: "llama", tokens: tokens, scores: scores, tokenTypes: types,
        beginningOfSequence: 1, endOfSequence: 2, unknown: 0)
    }
  }

  /// The reference's results for a text and a `tokenizer.json`.
  struct Case: Decodable {
    var text: String
    var ids: [Int]
    /// Without special tokens in the text, where that is different.
    var unparsed: [Int]?
    /// The decoded text where it is not the text.
    var decoded: String?
    /// Without special tokens, where that is different.
    var skipped: String?
  }

  static func read<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    let data = try Data(contentsOf: folder.appendingPathComponent(path))
    return try JSONDecoder().decode(type, from: data)
  }

  static func byteLevel() throws -> ByteLevel { try read("byte-level.json") }
  static func sentencePiece() throws -> SentencePiece { try read("sentencepiece.json") }
}

/// A small generator with a seed (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

import Foundation
import InterchangeBasics
import InterchangeTokenizers
import Testing

/// GGUF vocabularies against llama.cpp, by what `make_gguf_fixtures.py` made of small ones.
@Suite struct VocabularyKindTests {
  private struct Words: Decodable {
    struct Kind: Decodable {
      let names: [String]
      let ids: [[Int]]
    }
    let texts: [String]
    let tokens: [String]
    let types: [Int32]
    let merges: [String]
    let kinds: [Kind]
  }

  /// Every name of a pre-tokenizer cuts as in llama.cpp.
  @Test func namesCutAsInLlamaCpp() throws {
    let words: Words = try Fixtures.read("gguf-words.json")
    var names: Set<String> = []
    for kind in words.kinds {
      for name in kind.names {
        names.insert(name)
        let tokenizer = try Tokenizer(
          vocabulary: VocabularyDescription(
            model: "gpt2", preTokenizer: name, tokens: words.tokens, tokenTypes: words.types,
            merges: words.merges, beginningOfSequence: 0, endOfSequence: 1))
        for (text, ids) in zip(words.texts, kind.ids) {
          #expect(tokenizer.encode(text) == ids, "\(name), \(text.debugDescription)")
        }
      }
    }
    // Their pattern is another one for llama.cpp's engine.
    #expect(names.union(["tiny_aya", "cohere2moe", "youtu"]) == Set(WordsKind.names))
  }

  private struct Kinds: Decodable {
    struct Kind: Decodable {
      let model: String
      let tokens: [String]
      let types: [Int32]
      let scores: [Float]?
      let merges: [String]?
      let beginning: Int?
      let end: Int?
      let unknown: Int?
      let separator: Int?
      let prefix: Bool?
      let removes: Bool?
      let map: [UInt8]?
      let ids: [[Int]?]

      var description: VocabularyDescription {
        VocabularyDescription(
          model: model, tokens: tokens, scores: scores, tokenTypes: types, merges: merges,
          beginningOfSequence: beginning, endOfSequence: end, unknown: unknown,
          addsSpacePrefix: prefix, separator: separator, removesExtraSpaces: removes,
          characterMap: map)
      }
    }
    let texts: [String]
    let kinds: [Kind]
  }

  @Test func kindsDoWhatLlamaCppDoes() throws {
    let fixture: Kinds = try Fixtures.read("gguf-kinds.json")
    #expect(Set(fixture.kinds.map(\.model)) == ["t5", "bert", "gemma4"])
    for kind in fixture.kinds {
      let tokenizer = try Tokenizer(vocabulary: kind.description)
      for case (let text, let ids?) in zip(fixture.texts, kind.ids) {
        let (found, ranges) = tokenizer.encodeWithRanges(text)
        #expect(found == ids, "\(kind.model), \(text.debugDescription)")
        #expect(ranges.allSatisfy { $0.upperBound <= text.utf8.count })
        var stream = StreamingDecoder(tokenizer)
        let pieces = ids.map { stream.append($0) }
        #expect(
          pieces.joined() + stream.finish()
            == tokenizer.decode(ids, skippingSpecialTokens: true, continuing: true))
      }
    }
  }

  @Test func textComesBack() throws {
    let fixture: Kinds = try Fixtures.read("gguf-kinds.json")
    for kind in fixture.kinds {
      let tokenizer = try Tokenizer(vocabulary: kind.description)
      let text = kind.model == "gemma4" ? "two\n\n\nab  x é ☃" : "the key"
      #expect(
        tokenizer.decode(tokenizer.encode(text), skippingSpecialTokens: true) == text,
        "\(kind.model)")
    }
  }

  /// The vocabulary of a GGUF file and of a folder with the same pieces are spelled alike.
  @Test func wordPiecesAreSpelledAsInBert() throws {
    let fixture: Kinds = try Fixtures.read("gguf-kinds.json")
    let kind = try #require(fixture.kinds.first { $0.model == "bert" })
    let file = try Tokenizer(vocabulary: kind.description)
    let folder = try Tokenizer(folder: Fixtures.folder.appending(component: "bert"))
    for id in 0..<folder.count { #expect(file.token(id) == folder.token(id)) }
    #expect(file.beginningOfSequence == 2 && file.endOfSequence == 3)
    for pair in [("The key", "is old."), ("", "x")] {
      #expect(file.encode(pair.0, pair.1).ids == folder.encode(pair.0, pair.1).ids)
    }
  }

  @Test(arguments: ["{}", "AAAA"])
  func damagedCharacterMapsAreRefused(map: String) throws {
    let fixture: Kinds = try Fixtures.read("gguf-kinds.json")
    var description = try #require(fixture.kinds.first { $0.model == "t5" }).description
    description.characterMap = Array(map.utf8)
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(vocabulary: description) }
    #expect(error?.field == "tokenizer.ggml.precompiled_charsmap")
  }
}

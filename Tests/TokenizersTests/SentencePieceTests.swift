import InterchangeTokenizers
import Testing

@Suite struct SentencePieceTests {
  @Test func idsAreThoseOfTheLibrary() throws {
    let fixture = try Fixtures.sentencePiece()
    let tokenizer = try Tokenizer(vocabulary: fixture.description)
    for (text, ids) in zip(fixture.texts, fixture.ids) where !text.isEmpty {
      #expect(
        tokenizer.encode(text, addingSpecialTokens: false) == ids, "\(text.debugDescription)")
    }
  }

  @Test func everyTextWithoutTheMetaSpaceComesBack() throws {
    let fixture = try Fixtures.sentencePiece()
    let tokenizer = try Tokenizer(vocabulary: fixture.description)
    let marked = ["<s> a<|end|> b", "<|end|><|end|>", "x<s>", "  <s>  y "]
    for text in fixture.texts + marked where !text.unicodeScalars.contains("\u{2581}") {
      let ids = tokenizer.encode(text, addingSpecialTokens: false)
      #expect(tokenizer.decodeBytes(ids) == Array(text.utf8), "\(text.debugDescription)")
      let all = tokenizer.encode(text)
      #expect(all == [1] + ids)
      if !text.contains("<s>") {
        #expect(tokenizer.decode(all, skippingSpecialTokens: true).utf8.elementsEqual(text.utf8))
      }
    }
  }

  @Test func mergesGoByScoreAndThenFromTheLeft() throws {
    let tokens = ["<unk>", "a", "b", "ab", "ba", "aa", "▁", "aab"]
    var description = VocabularyDescription(
      model: "llama", tokens: tokens, scores: [0, -9, -9, -1, -1, -2, -9, -3],
      tokenTypes: [2, 1, 1, 1, 1, 1, 1, 1], unknown: 0, addsBeginningOfSequence: false)
    description.addsSpacePrefix = false
    let tokenizer = try Tokenizer(vocabulary: description)
    // "ab" and "ba" have the same score: the left one first.
    #expect(tokenizer.encode("aba") == [3, 1])
    #expect(tokenizer.encode("bab") == [4, 2])
    // "ab" goes before "aa", and "a" + "ab" is a token, too.
    #expect(tokenizer.encode("aab") == [7])
    #expect(tokenizer.encode("aaa") == [5, 1])
    description.addsSpacePrefix = true
    #expect(try Tokenizer(vocabulary: description).encode("aba") == [6, 3, 1])
  }

  /// The rule itself, without a queue: join the best two neighbors until none are a token.
  @Test func encodingIsThePlainRule() throws {
    let fixture = try Fixtures.sentencePiece()
    let tokenizer = try Tokenizer(vocabulary: fixture.description)
    var scores: [String: Float] = [:]
    var ids: [String: Int] = [:]
    for (id, token) in fixture.tokens.enumerated() where fixture.types[id] == 1 {
      scores[token] = fixture.scores[id]
      ids[token] = id
    }
    var generator = SplitMix64(state: 2)
    for _ in 0..<100 {
      let letters = (0..<60).map { _ in "theraninpiscal  ".randomElement(using: &generator)! }
      var symbols = ("▁" + String(letters).replacing(" ", with: "▁")).map(String.init)
      while let best = (1..<symbols.count).filter({ scores[symbols[$0 - 1] + symbols[$0]] != nil })
        .max(by: {
          let left = scores[symbols[$0 - 1] + symbols[$0]]!
          let right = scores[symbols[$1 - 1] + symbols[$1]]!
          return left < right || left == right && $0 > $1
        })
      {
        symbols[best - 1] += symbols.remove(at: best)
      }
      #expect(
        tokenizer.encode(String(letters), addingSpecialTokens: false) == symbols.map { ids[$0]! })
    }
  }

  @Test func scalarsWithoutATokenBecomeBytesOrUnknown() throws {
    let fixture = try Fixtures.sentencePiece()
    let tokenizer = try Tokenizer(vocabulary: fixture.description)
    let snowman = [0xE2, 0x98, 0x83].map { byte in
      fixture.tokens.firstIndex(of: "<0x\(String(byte, radix: 16, uppercase: true))>")!
    }
    #expect(tokenizer.encode("☃", addingSpecialTokens: false).suffix(3) == snowman)

    let few = VocabularyDescription(
      model: "llama", tokens: ["<unk>", "a", "▁", "éx"], scores: [0, -1, -1, -1], unknown: 0,
      addsBeginningOfSequence: false, addsSpacePrefix: false)
    let small = try Tokenizer(vocabulary: few)
    #expect(small.encode("a☃a") == [1, 0, 1])
    // Neither half of this token is one.
    #expect(small.encode("éx é") == [3, 2, 0])
  }

  @Test func tokensThatAreCanonicallyEquivalentStayApart() throws {
    let description = VocabularyDescription(
      model: "llama", tokens: ["<unk>", "\u{E9}", "e", "\u{301}", "e\u{301}", "▁"],
      scores: [0, -1, -1, -1, -1, -1], unknown: 0, addsBeginningOfSequence: false,
      addsSpacePrefix: false)
    let tokenizer = try Tokenizer(vocabulary: description)
    #expect(tokenizer.encode("\u{E9}") == [1])
    #expect(tokenizer.encode("e\u{301}") == [4])
    #expect(tokenizer.id(of: "\u{E9}") == 1)
    #expect(tokenizer.id(of: "e\u{301}") == 4)
  }

  @Test func textCannotSpellControlTokens() throws {
    let tokenizer = try Tokenizer(vocabulary: Fixtures.sentencePiece().description)
    #expect(tokenizer.encode("<s>", addingSpecialTokens: false) == [1])
    let ids = tokenizer.encode("<s><0x41>", addingSpecialTokens: false, parsingSpecialTokens: false)
    #expect(!ids.contains(1))
    #expect(tokenizer.decode(ids) == "<s><0x41>")
  }
}

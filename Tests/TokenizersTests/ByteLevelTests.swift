import InterchangeTokenizers
import Testing

@Suite struct ByteLevelTests {
  @Test(arguments: ["gpt-2", "smollm", "llama-bpe", "qwen2"])
  func idsAreThoseOfTheReference(name: String) throws {
    let fixture = try Fixtures.byteLevel()
    let kind = try #require(fixture.kinds.first { $0.name == name })
    let tokenizer = try fixture.tokenizer(name)
    for (text, ids) in zip(fixture.texts, kind.ids) {
      #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
    }
  }

  @Test(arguments: ["gpt-2", "smollm", "llama-bpe", "qwen2"])
  func everyTextComesBack(name: String) throws {
    let fixture = try Fixtures.byteLevel()
    let tokenizer = try fixture.tokenizer(name)
    for text in fixture.texts {
      let back = tokenizer.decode(tokenizer.encode(text))
      // Not `==`: strings compare by canonical equivalence.
      #expect(Array(back.utf8) == Array(text.utf8))
    }
  }

  @Test func everyScalarComesBack() throws {
    let tokenizer = try Fixtures.byteLevel().tokenizer("smollm")
    var everything = String.UnicodeScalarView()
    for value in UInt32(0)...0x10FFFF {
      if let scalar = Unicode.Scalar(value) { everything.append(scalar) }
    }
    let text = String(everything)
    #expect(tokenizer.decodeBytes(tokenizer.encode(text)) == Array(text.utf8))
  }

  @Test func wordsThatAreTokensAreTakenWholeInLLaMA3Only() throws {
    // No merge leads to these two tokens.
    let fixture = try Fixtures.byteLevel()
    let cabinets = try #require(fixture.tokens.firstIndex(of: "Ġcabinets"))
    #expect(try fixture.tokenizer("llama-bpe").encode(" cabinets") == [cabinets])
    #expect(try !fixture.tokenizer("gpt-2").encode(" cabinets").contains(cabinets))
  }

  @Test func specialTokensInTextAreParsedOnRequest() throws {
    let tokenizer = try Fixtures.byteLevel().tokenizer("smollm")
    #expect(tokenizer.encode("<|start|><|end|>") == [0, 1])
    let unparsed = tokenizer.encode("<|start|><|end|>", parsingSpecialTokens: false)
    #expect(!unparsed.contains { tokenizer.isSpecial($0) })
    #expect(tokenizer.decode(unparsed) == "<|start|><|end|>")
  }

  @Test func sequenceMarksAreAddedAsTheFileSays() throws {
    var description = try Fixtures.byteLevel().description()
    let plain = try Tokenizer(vocabulary: description)
    #expect(plain.beginningOfSequence == 0 && plain.endOfSequence == 1)
    #expect(!plain.addsBeginningOfSequence && !plain.addsEndOfSequence)
    description.addsBeginningOfSequence = true
    description.addsEndOfSequence = true
    let marked = try Tokenizer(vocabulary: description)
    #expect(marked.addsBeginningOfSequence && marked.addsEndOfSequence)
    #expect(marked.encode("a b") == [0] + plain.encode("a b") + [1])
    #expect(marked.encode("a b", addingSpecialTokens: false) == plain.encode("a b"))
    #expect(marked.encode("") == [0, 1])
    description.addsBeginningOfSequence = nil
    #expect(try !Tokenizer(vocabulary: description).addsBeginningOfSequence)
    description.preTokenizer = "llama-bpe"
    #expect(try Tokenizer(vocabulary: description).addsBeginningOfSequence)
  }

  @Test func bytesWithoutATokenAreDropped() throws {
    let description = VocabularyDescription(
      model: "gpt2", preTokenizer: "gpt-2", tokens: ["a", "b", "ab"], merges: ["a b"])
    #expect(try Tokenizer(vocabulary: description).encode("azb") == [2])
  }

  @Test func mergesGoByRankAndThenFromTheLeft() throws {
    let tokens = ["a", "b", "c", "aa", "bc", "abc", "ab"]
    let description = VocabularyDescription(
      model: "gpt2", preTokenizer: "gpt-2", tokens: tokens, merges: ["a a", "b c", "a bc", "a b"])
    let tokenizer = try Tokenizer(vocabulary: description)
    #expect(tokenizer.encode("aaa") == [3, 0])
    #expect(tokenizer.encode("abc") == [5])
    #expect(tokenizer.encode("aabc") == [3, 4])
    #expect(tokenizer.encode("abab") == [6, 6])
  }

  @Test func longWordsTakeNoQuadraticTime() throws {
    // 200,000 letters without a gap: seconds in a quadratic loop, a moment here.
    let tokenizer = try Fixtures.byteLevel().tokenizer("gpt-2")
    let text = String(repeating: "theinon", count: 30_000)
    #expect(tokenizer.decode(tokenizer.encode(text)) == text)
  }
}

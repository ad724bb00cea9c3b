import InterchangeTokenizers
import Testing

@Suite struct DecodingTests {
  @Test func tokensAreShownAsText() throws {
    let tokenizer = try Fixtures.byteLevel().tokenizer("gpt-2")
    let the = try #require(tokenizer.id(of: " the"))
    #expect(tokenizer.token(the) == " the")
    #expect(tokenizer.id(of: "Ġthe") == the)
    #expect(tokenizer.token(0) == "<|start|>")
    #expect(tokenizer.id(of: "<|end|>") == 1)
    #expect(tokenizer.id(of: "no such token") == nil)
    #expect(tokenizer.token(try #require(tokenizer.id(of: "\n"))) == "\n")
    // One byte of "☃", spelled â in the byte-level alphabet.
    let first = try #require(tokenizer.encode("☃").first)
    #expect(tokenizer.token(first) == "⟨E2⟩")
    #expect(tokenizer.token(tokenizer.count) == "⟨#\(tokenizer.count)⟩")
    #expect(tokenizer.token(-1) == "⟨#-1⟩")

    let pieces = try Tokenizer(vocabulary: Fixtures.sentencePiece().description)
    #expect(pieces.token(try #require(pieces.id(of: " the"))) == " the")
    #expect(pieces.id(of: "▁the") == pieces.id(of: " the"))
    #expect(pieces.token(try #require(pieces.id(of: "<0x0A>"))) == "\n")
    #expect(pieces.token(try #require(pieces.id(of: "<0xE2>"))) == "⟨E2⟩")
    #expect(pieces.id(of: "<s>") == 1)
  }

  @Test func idsWithoutATokenAddNothing() throws {
    let tokenizer = try Fixtures.byteLevel().tokenizer("gpt-2")
    let ids = tokenizer.encode("a")
    #expect(tokenizer.decode([-1, .max] + ids + [tokenizer.count, .min]) == "a")
    #expect(tokenizer.decode([]) == "")
    #expect(!tokenizer.isSpecial(-1) && !tokenizer.isSpecial(.max))
  }

  @Test func specialTokensAreSkippedOnRequest() throws {
    let tokenizer = try Fixtures.byteLevel().tokenizer("gpt-2")
    let ids = tokenizer.encode("<|start|>a<|end|> b")
    #expect(tokenizer.decode(ids) == "<|start|>a<|end|> b")
    #expect(tokenizer.decode(ids, skippingSpecialTokens: true) == "a b")
  }

  @Test func continuationsKeepTheirFirstSpace() throws {
    let tokenizer = try Tokenizer(vocabulary: Fixtures.sentencePiece().description)
    let ids = tokenizer.encode("the key", addingSpecialTokens: false)
    #expect(tokenizer.decode(ids) == "the key")
    #expect(tokenizer.decode(ids, continuing: true) == " the key")
  }

  @Test func streamedTextIsTheDecodedText() throws {
    let fixture = try Fixtures.byteLevel()
    let tokenizer = try fixture.tokenizer("smollm")
    var generator = SplitMix64(state: 3)
    let sequences =
      fixture.texts.map { tokenizer.encode($0) }
      + (0..<300).map { _ in (0..<12).map { _ in Int.random(in: 0..<300, using: &generator) } }
    for ids in sequences {
      var decoder = StreamingDecoder(tokenizer, skippingSpecialTokens: false)
      var text = ""
      for id in ids {
        let piece = decoder.append(id)
        text += piece
      }
      text += decoder.finish()
      #expect(Array(text.utf8) == Array(tokenizer.decode(ids).utf8))
    }
  }

  @Test func streamsHoldBackUnfinishedScalars() throws {
    let tokenizer = try Fixtures.byteLevel().tokenizer("gpt-2")
    var decoder = StreamingDecoder(tokenizer)
    let ids = tokenizer.encode("☃")
    #expect(ids.count == 3)
    #expect(ids.map { decoder.append($0) } == ["", "", "☃"])
    #expect(decoder.finish() == "")
    #expect(decoder.append(ids[0]) == "")
    #expect(decoder.append(try #require(tokenizer.id(of: "a"))) == "\u{FFFD}a")
    #expect(decoder.append(ids[0]) == "")
    #expect(decoder.append(1) == "")
    #expect(decoder.finish() == "\u{FFFD}")
  }
}

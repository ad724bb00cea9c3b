import InterchangeTokenizers
import Testing

/// Continuations in their place: prompt and continuation are encoded in one piece.
@Suite struct ContinuationTests {
  private func plain(_ text: String) -> TextPart { TextPart(text, parsesSpecialTokens: true) }

  @Test func sentencePieceHasNoLoneSpace() throws {
    let fixture = try Fixtures.sentencePiece()
    let tokenizer = try Tokenizer(vocabulary: fixture.description)
    for (prompt, continuation) in [
      ("the rain", " in the plain"), ("the rain", " is"), ("a", "b"), ("is", " a\nb"),
    ] {
      let found = tokenizer.encode(prompt, continuedBy: continuation)
      #expect(
        found.prompt + found.continuation == tokenizer.encode(prompt + continuation),
        "\(prompt)|\(continuation)")
      #expect(found.prompt == Array(tokenizer.encode(prompt).prefix(found.prompt.count)))
      #expect(!found.prompt.isEmpty && !found.continuation.isEmpty)
    }
    let (prompt, continuation) = tokenizer.encode("the rain", continuedBy: " in")
    #expect(prompt == tokenizer.encode("the rain"))
    // By itself it would begin with the space that is put before every text.
    #expect(continuation.count < tokenizer.encode(" in", addingSpecialTokens: false).count)
  }

  @Test func aTokenOverTheBoundaryIsTheContinuations() throws {
    let fixture = try Fixtures.sentencePiece()
    let tokenizer = try Tokenizer(vocabulary: fixture.description)
    // The space that ends the prompt belongs to the word after it.
    let (prompt, continuation) = tokenizer.encode("the rain ", continuedBy: "in")
    #expect(prompt == tokenizer.encode("the rain"))
    #expect(prompt + continuation == tokenizer.encode("the rain in"))
  }

  /// Tokens a, b and c, and "ab", without one for the beginning of a text.
  private func letters() throws -> Tokenizer {
    var description = VocabularyDescription(
      model: "llama", tokens: ["<unk>", "a", "b", "c", "ab"], scores: [0, -9, -9, -9, -1],
      tokenTypes: [2, 1, 1, 1, 1], unknown: 0, addsBeginningOfSequence: false)
    description.addsSpacePrefix = false
    return try Tokenizer(vocabulary: description)
  }

  @Test func severalShareAPrompt() throws {
    let tokenizer = try letters()
    func encode(_ prompt: String, _ continuations: [String]) -> ([Int], [[Int]]) {
      let found = tokenizer.encode(
        [plain(prompt)], continuedBy: continuations.map { [plain($0)] })
      return (found.prompt, found.continuations)
    }
    #expect(encode("ca", ["c", "a"]) == ([3, 1], [[3], [1]]))
    // One of them has a token over the boundary: then it is before it for all.
    #expect(encode("ca", ["c", "b"]) == ([3], [[1, 3], [4]]))
    #expect(encode("ca", []) == ([3, 1], []))
    // Nothing of the prompt would be left: apart.
    #expect(encode("a", ["b"]) == ([1], [[2]]))
    #expect(encode("", ["b"]) == ([], [[2]]))
  }

  @Test func byteLevelIsAsApart() throws {
    let tokenizer = try Fixtures.byteLevel().tokenizer("gpt-2")
    for (prompt, continuation) in [
      ("the key", " is"), ("Answer:\n", "yes"), ("a b", " c d\n"), ("x", " 🙂"),
    ] {
      let found = tokenizer.encode(prompt, continuedBy: continuation)
      #expect(found.prompt == tokenizer.encode(prompt))
      #expect(
        found.continuation == tokenizer.encode(continuation, addingSpecialTokens: false))
    }
  }

  @Test func onlyTrustedPartsSpellTokens() throws {
    let fixture = try Fixtures.sentencePiece()
    let tokenizer = try Tokenizer(vocabulary: fixture.description)
    let found = tokenizer.encode(
      [plain("a")], continuedBy: [[plain("<s>")], [TextPart("<s>", parsesSpecialTokens: false)]])
    #expect(found.continuations[0] == [1])
    #expect(found.continuations[1].count > 1)
  }
}

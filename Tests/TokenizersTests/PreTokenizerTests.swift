import InterchangeTokenizers
import Testing

@Suite struct PreTokenizerTests {
  @Test(arguments: ["gpt-2", "smollm", "llama-bpe", "qwen2"])
  func wordsAreThoseOfTheReference(name: String) throws {
    let fixture = try Fixtures.byteLevel()
    let kind = try #require(fixture.kinds.first { $0.name == name })
    let preTokenizer = try #require(WordsKind(name: name)?.preTokenizer)
    for (text, words) in zip(fixture.texts, kind.words) {
      // Bytes, as strings compare by canonical equivalence.
      let found = preTokenizer.words(of: text)
      #expect(found.map { Array($0.utf8) } == words.map { Array($0.utf8) }, "\(found)")
    }
  }

  @Test func contractionsDependOnCaseInGPT2Only() throws {
    let gpt2 = PreTokenizer(steps: [Cut(SplitPattern.gpt2, .isolated)])
    let llama3 = PreTokenizer(steps: [Cut(SplitPattern.llama3(digits: 3), .isolated)])
    #expect(gpt2.words(of: "he'll HE'LL") == ["he", "'ll", " HE", "'", "LL"])
    #expect(llama3.words(of: "he'll HE'LL") == ["he", "'ll", " HE", "'LL"])
  }

  @Test func digitsAreCutByThreeByOneOrNotAtAll() {
    let text = "in 12345"
    #expect(
      PreTokenizer(steps: [Cut(SplitPattern.gpt2, .isolated)]).words(of: text) == ["in", " 12345"])
    #expect(
      PreTokenizer(steps: [Cut(SplitPattern.llama3(digits: 3), .isolated)]).words(of: text)
        == ["in", " ", "123", "45"])
    #expect(
      PreTokenizer(steps: [Digits.cut(individually: true), Cut(SplitPattern.gpt2, .isolated)])
        .words(of: text)
        == ["in", " ", "1", "2", "3", "4", "5"])
    #expect(
      PreTokenizer(steps: [Digits.cut(individually: false)]).words(of: text) == ["in ", "12345"])
  }

  @Test func theLastSpaceGoesWithTheWord() {
    let gpt2 = PreTokenizer(steps: [Cut(SplitPattern.gpt2, .isolated)])
    #expect(gpt2.words(of: "a   b  ") == ["a", "  ", " b", "  "])
    let llama3 = PreTokenizer(steps: [Cut(SplitPattern.llama3(digits: 3), .isolated)])
    #expect(llama3.words(of: "a \n \n  b") == ["a", " \n \n", " ", " b"])
  }

  @Test func prefixSpacesAreAddedWhereThereIsNone() {
    let steps: [any PreTokenizerStep] = [
      SpaceBeforeWords(), Cut(SplitPattern.gpt2, .isolated),
    ]
    #expect(PreTokenizer(steps: steps).words(of: "a b") == [" a", " b"])
    #expect(PreTokenizer(steps: steps).words(of: " a") == [" a"])
    #expect(PreTokenizer(steps: steps).words(of: "") == [])
  }

  @Test func unknownNamesAreNoPreTokenizer() {
    #expect(WordsKind(name: "gpt-5") == nil)
    #expect(SplitPattern(regularExpression: #"\w+"#) == nil)
  }

  @Test func wordsCoverTheText() throws {
    var generator = SplitMix64(state: 1)
    let scalars: [Unicode.Scalar] = (0..<0x3100).compactMap(Unicode.Scalar.init)
    for name in ["gpt-2", "smollm", "llama-bpe", "qwen2"] {
      let preTokenizer = try #require(WordsKind(name: name)?.preTokenizer)
      for _ in 0..<200 {
        var view = String.UnicodeScalarView()
        for _ in 0..<40 {
          view.append(
            Bool.random(using: &generator) ? " " : scalars.randomElement(using: &generator)!)
        }
        let words = preTokenizer.words(of: String(view))
        #expect(words.flatMap { Array($0.utf8) } == Array(String(view).utf8))
        #expect(!words.contains(""))
      }
    }
  }
}

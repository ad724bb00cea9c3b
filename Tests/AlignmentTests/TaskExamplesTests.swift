import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers
import Testing

/// The way from pairs of texts to examples, and the pairs that are left out.
@Suite struct TaskExamplesTests {
  private let model: LanguageModel
  private let letters: CausalModel

  init() throws {
    model = try TinyModels.languageModel()
    letters = try CausalModel(
      [.input("letter"), .mechanism("answer", of: "letter") { $0[0] }], output: "answer")
  }

  /// The one of a and b that the model prefers after a text, read off its logits.
  private func preferred(_ text: String) throws -> String {
    let logits = try model.logits(after: text)
    let ids = ["a", "b"].map { model.tokenizer.encode($0, addingSpecialTokens: false)[0] }
    return logits[0, ids[0]] > logits[0, ids[1]] ? "a" : "b"
  }

  private func prompt(_ text: String, _ answer: String) throws -> Prompt {
    try Prompt(
      text: text, spans: ["head": 0..<1], template: "text", setting: ["letter": .string(answer)],
      answer: answer)
  }

  private func pair(
    _ base: (String, String), _ source: (String, String)
  ) throws -> CounterfactualExample<Prompt> {
    try CounterfactualExample(
      base: prompt(base.0, base.1), sources: [prompt(source.0, source.1)], variables: ["letter"],
      answers: ["a", "b"], model: letters)
  }

  private func dataset(
    _ pairs: [CounterfactualExample<Prompt>]
  ) -> CounterfactualDataset<Prompt> {
    CounterfactualDataset(task: "letters", changing: "letter", examples: pairs)
  }

  private func other(_ answer: String) -> String { answer == "a" ? "b" : "a" }

  @Test func countsWhatIsLeftOut() throws {
    let texts = ["cdf", "gkl", "mpq", "uvw", "xyz", "jjk"]
    let right = try texts.map { ($0, try preferred($0)) }
    func wrong(_ index: Int) -> (String, String) { (right[index].0, other(right[index].1)) }
    let long = ("cdfgk", try preferred("cdfgk"))
    let examples = try TaskExamples(
      dataset([
        pair(right[0], right[1]), pair(right[2], right[3]), pair(right[4], right[5]),
        pair(wrong(0), right[1]), pair(right[2], wrong(3)), pair(wrong(4), wrong(5)),
        pair(right[0], long), pair(long, right[1]),
      ]), for: model)
    let check = examples.check
    #expect(check.pairs == 8 && check.droppedUnaligned == 2)
    #expect(check.droppedUnsolved == 3 && check.kept == 3)
    #expect(examples.examples.count == 3)
    // Of the six aligned pairs two bases and two sources are wrong.
    #expect(check.baseAccuracy?.correct == 4 && check.baseAccuracy?.n == 6)
    #expect(check.sourceAccuracy?.correct == 4 && check.sourceAccuracy?.n == 6)
    #expect(check.labels.values.reduce(0, +) == 3)
    #expect(examples.exampleText == "cdf")

    let first = examples.examples[0]
    let ids = ["a", "b"].map { model.tokenizer.encode($0, addingSpecialTokens: false)[0] }
    #expect(first.base == model.encode("cdf").input)
    #expect(first.sources == [model.encode("gkl").input])
    #expect(first.answers == ids)
    #expect(first.label == ids[right[1].1 == "a" ? 0 : 1])
    #expect(first.baseLabel == ids[right[0].1 == "a" ? 0 : 1])
    #expect(first.baseSpans == ["head": 0..<1] && first.sourceSpans == [["head": 0..<1]])
  }

  @Test func nothingRemains() throws {
    let answer = try preferred("cdf")
    let unsolved =
      "the model solves no pair of task letters; by themselves 0 % of bases, 100 % of sources"
    #expect(throws: AlignmentError.noExamples(reason: unsolved)) {
      try TaskExamples(dataset([pair(("cdf", other(answer)), ("cdf", answer))]), for: model)
    }
    let unaligned = "base and source have different numbers of tokens in every pair"
    #expect(throws: AlignmentError.noExamples(reason: unaligned)) {
      try TaskExamples(dataset([pair(("cdf", answer), ("cd", answer))]), for: model)
    }
    #expect(throws: AlignmentError.self) { try TaskExamples(dataset([]), for: model) }
  }

  @Test func answersOfSeveralTokens() throws {
    let task = try SubjectVerbAgreement().counterfactuals(changing: .subjectNumber, count: 4)
    #expect(throws: AlignmentError.answerNotSingleToken(answer: " are", tokens: 2)) {
      try TaskExamples(task, for: model)
    }
  }

  private func pairs(_ texts: [(String, String)], label: String = "a") -> [TextPair] {
    texts.map { base, source in
      TextPair(
        base: SpannedText(base, spans: ["head": 0..<1]),
        sources: [SpannedText(source, spans: ["head": 0..<2])], label: label, answers: ["a", "b"])
    }
  }

  /// Nothing says what the model should answer: no pair is left out for it, and the base's label is
  /// the model's own.
  @Test func pairsWithoutAnswersOfTheirOwn() throws {
    let texts = [("cdf", "gkl"), ("mpq", "uvw"), ("xyz", "jjk")]
    let examples = try TaskExamples(
      pairs(texts), task: "own", variable: "letter", for: model)
    #expect(examples.check.baseAccuracy == nil && examples.check.sourceAccuracy == nil)
    #expect(examples.check.kept == 3 && examples.check.droppedUnsolved == 0)
    for (example, text) in zip(examples, texts) {
      let own = model.tokenizer.encode(try preferred(text.0), addingSpecialTokens: false)[0]
      #expect(example.baseLabel == own)
    }
  }

  /// Texts of different lengths are kept where the place means the same in both.
  @Test func lengthsThatDiffer() throws {
    let texts = [("cdf", "gkl"), ("mpq", "uvwx"), ("xyz", "jj"), ("cdfg", "jkl")]
    func kept(_ positions: Positions?, from source: Positions? = nil) throws -> Int {
      try TaskExamples(
        pairs(texts), task: "own", variable: "letter", positions: positions,
        sourcePositions: source, for: model
      ).count
    }
    #expect(try kept(nil) == 1 && kept(.index(1)) == 1)
    #expect(try kept(.last) == 4 && kept(.endOfSpan("head")) == 4 && kept(.index(-2)) == 4)
    let own = try TaskExamples(
      pairs(texts), task: "own", variable: "letter", positions: .index(0),
      sourcePositions: .index(2), for: model)
    // One source lacks the place.
    #expect(own.count == 3 && own.check.droppedPlaces == 1)
    let name = "0 from 2"
    #expect(Positions.index(0).swapped(from: .index(2)) == .span(name))
    #expect(own[1].baseSpans[name] == 0..<1 && own[1].sourceSpans[0][name] == 2..<3)
  }

  /// An answer of several tokens costs its own pairs, and isn't compared in others.
  @Test func answersOfSeveralTokensAreLeftOut() throws {
    var own = pairs([("cdf", "gkl"), ("mpq", "uvw"), ("xyz", "jjk")])
    for index in own.indices { own[index].answers.append("is not") }
    own[2].label = "is not"
    let examples = try TaskExamples(own, task: "own", variable: "letter", for: model)
    #expect(examples.count == 2 && examples.check.droppedAnswers == 1)
    #expect(examples[0].answers.count == 2)
  }

  @Test func vectorsBecomeExamples() throws {
    let task = HierarchicalEquality()
    let data = try task.counterfactuals(changing: .bothEqual, count: 12, seed: 1)
    let examples = data.alignmentExamples
    #expect(examples.count == 12)
    for (example, pair) in zip(examples, data) {
      #expect(example.base == .vectors([pair.base.values]))
      #expect(example.sources == pair.sources.map { .vectors([$0.values]) })
      #expect(example.label == pair.labelIndex && example.answers.isEmpty)
      #expect(pair.answers[example.baseLabel] == pair.base.answer)
    }
  }
}

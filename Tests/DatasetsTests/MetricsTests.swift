import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import Testing

/// Metrics and the reading of answers against scikit-learn, scipy and LLM-Adapters' regular
/// expressions (`Fixtures/metrics/make_fixtures.py`).
@Suite struct MetricsTests {
  struct Fixture: Decodable {
    struct Labels: Decodable {
      var predicted, gold: [Int]
      var accuracy, matthews, f1, macroF1: Double
    }
    struct Numbers: Decodable {
      var predicted, gold: [Double]
      var pearson, spearman: Double
    }
    struct Answer: Decodable {
      var text: String
      var number: Double?
      var letter, boolq, piqa, arc: String?
    }
    var labels: [Labels]
    var numbers: [Numbers]
    var answers: [Answer]
  }

  private let fixture: Fixture

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(components: "Fixtures", "metrics", "metrics.json")
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  /// Double precision; the sums have at most 200 terms.
  private func expect(_ value: Double?, _ expected: Double) {
    #expect(abs((value ?? .infinity) - expected) < 1e-12)
  }

  @Test func labelsAgainstScikitLearn() {
    #expect(fixture.labels.count == 9)
    for item in fixture.labels {
      expect(Metrics.accuracy(item.predicted, item.gold), item.accuracy)
      expect(Metrics.matthewsCorrelation(item.predicted, item.gold), item.matthews)
      expect(Metrics.f1(item.predicted, item.gold, positive: 1), item.f1)
      expect(Metrics.macroF1(item.predicted, item.gold), item.macroF1)
    }
  }

  @Test func correlationsAgainstSciPy() {
    #expect(fixture.numbers.count == 5)
    for item in fixture.numbers {
      expect(Metrics.pearson(item.predicted, item.gold), item.pearson)
      expect(Metrics.spearman(item.predicted, item.gold), item.spearman)
    }
    #expect(Metrics.pearson([1, 1], [1, 2]) == nil)
    #expect(Metrics.spearman([1, 2], [0.1, 0.1]) == nil)
    // The ranks with ties are 1, 2.5, 2.5, 4 and 1, 3, 2, 4: Pearson's is 4.5 / √(4.5 · 5).
    expect(Metrics.spearman([1, 2, 2, 9], [0, 5, 3, 7]), 4.5 / (4.5 * 5.0).squareRoot())
  }

  @Test func textsAndLoss() {
    expect(Metrics.exactMatch([" a\n", "A", "b "], ["a", "a", "b"]), 2.0 / 3)
    expect(Metrics.perplexity(meanLoss: log(8)), 8)
  }

  @Test func answersAgainstTheReference() {
    let five = (1...5).map { "answer\($0)" }
    for item in fixture.answers {
      #expect(
        AnswerExtraction.number.answer(in: item.text).flatMap(Double.init) == item.number,
        "\(item.text)")
      #expect(AnswerExtraction.letter.answer(in: item.text) == item.letter, "\(item.text)")
      #expect(AnswerExtraction.first(["true", "false"]).answer(in: item.text) == item.boolq)
      #expect(
        AnswerExtraction.first(["solution1", "solution2"]).answer(in: item.text) == item.piqa)
      #expect(AnswerExtraction.first(five).answer(in: item.text) == item.arc)
    }
  }

  @Test func answersBehindThePhrase() {
    let rule = AnswerExtraction.after("the correct answer is ")
    #expect(rule.isCorrect("the correct answer is true\n", gold: "true"))
    #expect(!rule.isCorrect("the correct answer is true.", gold: "true"))
    #expect(!rule.isCorrect("true", gold: "true"))
  }

  @Test func numbersMayDifferALittle() {
    let rule = AnswerExtraction.arithmetic
    #expect(rule.isCorrect("so 1,000.0009", gold: "1000.0"))
    #expect(!rule.isCorrect("so 1,000.0011", gold: "1000.0"))
    #expect(!rule.isCorrect("nothing", gold: "0"))
    #expect(rule.isCorrect("the answer is (C)", gold: "C") && !rule.isCorrect("(B) 3", gold: "C"))
  }

  @Test func wordsStandAlone() {
    let rule = AnswerExtraction.firstWord(["yes", "no"])
    #expect(rule.answer(in: " Nothing known. No, yes") == "no")
    #expect(rule.answer(in: "nope") == nil)
    let labels = AnswerExtraction.firstWord(["fully true", "1", "1.5"])
    #expect(labels.answer(in: "(Fully true)") == "fully true")
    #expect(labels.answer(in: "10, 1.5 or 1") == "1.5")
    #expect(rule.isCorrect(" YES.", gold: "yes"))
  }

  @Test(arguments: [
    ("boolq", PromptTemplate.plain, AnswerExtraction.first(["true", "false"])),
    ("PIQA", .plain, .first(["solution1", "solution2"])),
    ("social_i_qa", .plain, .first((1...5).map { "answer\($0)" })),
    ("ARC-Challenge", .plain, .first((1...5).map { "answer\($0)" })),
    ("hellaswag", .plain, .first((1...4).map { "ending\($0)" })),
    ("winogrande", .plain, .first(["option1", "option2"])), ("gsm8k", .alpaca, .arithmetic),
    ("AQuA", .alpaca, .arithmetic), ("math_10k", .alpaca, .arithmetic),
    ("mrpc", .text("{instruction}"), .firstWord(["no", "yes"])),
    ("STS-B", .text("{instruction}"), .number),
  ])
  func knownSets(name: String, template: PromptTemplate, extraction: AnswerExtraction) throws {
    let task = try #require(EvaluationTask(named: name))
    #expect(task.template == template && task.extraction == extraction)
  }

  @Test func scores() throws {
    #expect(EvaluationTask(named: "unheard-of") == nil)
    let task = EvaluationTask(.mrpc)
    let examples = ["yes", "yes", "no", "no"].map {
      TaskExample(prompt: "a", completion: " " + $0, answer: $0, choices: ["no", "yes"])
    }
    let score = try task.score([" Yes", "hm", "yes", "no."], for: examples)
    #expect(score.accuracy.correct == 2 && score.accuracy.n == 4 && score.unanswered == 1)
    #expect(score.values.map(\.metric) == [.accuracy, .f1])
    #expect(score.values.map(\.value) == [0.5, 0.5])
    #expect(throws: DatasetError.noExamples) { try task.score([], for: []) }
    let constant = try EvaluationTask(.stsb).score(
      ["1", "1"],
      for: ["1", "2"].map { TaskExample(prompt: "a", completion: $0, answer: $0) })
    #expect(constant.values.map(\.value) == [nil, nil])
  }
}

import InterchangeDatasets
import InterchangeFineTuning
import InterchangeModels
import InterchangeTestSupport
import Testing

/// Texts that are longer than the model reads.
@Suite struct LongTextTests {
  private let long = TaskExample(
    prompt: String(repeating: "x y ", count: 300) + "end", completion: " it is",
    origin: TaskExample.Origin(path: "long.jsonl", line: 7))
  private let short = TaskExample(prompt: "a", completion: "b")
  private let task = EvaluationTask(name: "test", template: .verbatim, extraction: .text)

  @Test func theLineIsNamed() throws {
    let adapted = try AdaptedModel(TinyModels.gguf(), adapters: [])
    let maximum = adapted.base.architecture.maximumLength
    for mode in [AnswerMode.loss, .generate] {
      let found = line { _ = try Evaluator(task, mode: mode).evaluate(adapted, on: [short, long]) }
      #expect(found?.hasPrefix("long.jsonl: line 7: ") == true)
      #expect(found?.contains("the model reads at most \(maximum)") == true)
    }
    let other = TaskExample(prompt: long.prompt, completion: "x")
    #expect(
      line { _ = try Evaluator(task, mode: .loss).evaluate(adapted, on: [short, other]) }?
        .hasPrefix("example 1: ") == true)
  }

  @Test func softTokensTakeTheirPart() throws {
    let model = try TinyModels.gguf()
    let maximum = model.architecture.maximumLength
    var configuration = AdapterConfiguration(method: "prompt-tuning")
    configuration.tokens = 5
    let adapted = try AdaptedModel(model, adapters: [configuration.makeAdapter(for: model)])
    // A token for each letter.
    let fits = TaskExample(
      prompt: String(repeating: "x", count: maximum - 2), completion: "y")
    var evaluator = Evaluator(task, mode: .loss)
    evaluator.endsCompletion = false
    #expect(
      line { _ = try evaluator.evaluate(AdaptedModel(model, adapters: []), on: [fits]) } == nil)
    #expect(
      line { _ = try evaluator.evaluate(adapted, on: [fits]) }?
        .contains("the model reads at most \(maximum - 5)") == true)
  }

  @Test(arguments: [AnswerMode.loss, .generate, .choose])
  func cutOrLeftOut(mode: AnswerMode) throws {
    let adapted = try AdaptedModel(TinyModels.gguf(), adapters: [])
    let model = adapted.base
    let examples = [short, long].map { example in
      var example = example
      (example.answer, example.choices) = (example.completion, [example.completion, "no"])
      return example
    }
    let evaluator = Evaluator(task, mode: mode)
    func fitted(_ treatment: LongTexts) throws -> FittedExamples {
      try evaluator.fitted(examples, to: model, longTexts: treatment)
    }
    #expect(line { _ = try fitted(.refused) }?.hasPrefix("long.jsonl: line 7: ") == true)
    let skipped = try fitted(.skipped)
    #expect(skipped.examples == [examples[0]] && skipped.skipped == 1 && skipped.truncated == 0)
    let cut = try fitted(.truncated)
    #expect(cut.truncated == 1 && cut.skipped == 0 && cut.examples.count == 2)
    // The beginning of the prompt is gone, and no more than has to be.
    #expect(long.prompt.hasSuffix(cut.examples[1].prompt))
    #expect(cut.examples[1].completion == long.completion)
    let length = try evaluator.tokenized([cut.examples[1]], by: adapted)[0].tokens.count
    let maximum = model.architecture.maximumLength
    #expect(length <= maximum && length > maximum * 9 / 10)
    #expect(line { _ = try evaluator.evaluate(adapted, on: cut.examples) } == nil)
  }

  @Test func aCompletionIsNeverCut() throws {
    let model = try TinyModels.gguf()
    let example = TaskExample(prompt: "a b", completion: long.prompt)
    #expect(
      line {
        _ = try Evaluator(task, mode: .loss).fitted([example], to: model, longTexts: .truncated)
      }?.hasPrefix("example 0: ") == true)
  }

  /// Of labelled texts the end goes, of a pair that of the longer one.
  @Test func labelledTexts() throws {
    let tiny = try TinyEncoder()
    let words = Array(repeating: "film", count: 60).joined(separator: " ")
    let pair = TaskExample(
      prompt: words, completion: "neutral", answer: "neutral", sentences: ["good bad", words])
    let evaluator = Evaluator(task, mode: .label)
    let cut = try evaluator.fitted([pair], to: tiny.model, longTexts: .truncated)
    let sentences = try #require(cut.examples.first).sentences
    #expect(sentences[0] == "good bad" && words.hasPrefix(sentences[1]) && sentences[1] != words)
    let adapted = try AdaptedModel(tiny.model, adapters: [])
    #expect(line { _ = try evaluator.evaluate(adapted, on: cut.examples) } == nil)
    #expect(line { _ = try evaluator.evaluate(adapted, on: [pair]) } != nil)
  }
}

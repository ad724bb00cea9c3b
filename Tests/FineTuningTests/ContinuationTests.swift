import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Completions and choices of a vocabulary that puts a space before every text.
@Suite struct ContinuationTests {
  private let model: LanguageModel
  private let examples = [
    TaskExample(prompt: "a b", completion: " c", answer: "c", choices: ["c", "ab", "cc ab"]),
    TaskExample(prompt: "c ", completion: "ab", answer: "ab", choices: ["ab", "c"]),
  ]

  /// The tiny LLaMA with the letters a, b and c, each with and without a space before it.
  init() throws {
    let tokens = ["<unk>", "<s>", "</s>", "▁", "a", "b", "c", "▁a", "▁b", "▁c", "ab", "▁ab"]
    let tokenizer = try Tokenizer(
      vocabulary: VocabularyDescription(
        model: "llama", tokens: tokens,
        scores: [0, 0, 0, -9, -9, -9, -9, -3, -3, -3, -2, -1],
        tokenTypes: [2, 3, 3] + Array(repeating: 1, count: 9), beginningOfSequence: 1,
        endOfSequence: 2, unknown: 0))
    model = try LanguageModel(
      TinyModels.gguf().architecture, tokenizer: tokenizer, name: "letters")
  }

  /// −Σ log p of the tokens of a text from one of them on.
  private func loss(_ text: String, from first: Int) throws -> Double {
    let ids = model.tokenizer.encode(text)
    var request = Request([.tokens(ids)])
    request.logits = [Array(first - 1..<ids.count - 1)]
    let logits = try #require(try model.run(request).logits).logSoftmax()
    return ids[first...].enumerated().reduce(0) { $0 - Double(logits[$1.offset, $1.element]) }
  }

  @Test func lossIsThatOfTheWholeText() throws {
    let task = EvaluationTask(name: "letters", template: .verbatim, extraction: .text)
    var evaluator = Evaluator(task, mode: .loss)
    evaluator.endsCompletion = false
    let adapted = try AdaptedModel(model, adapters: [])
    // "▁a▁b" and "▁c"; "▁c" and "▁ab": one token each.
    let expected = try (loss("a b c", from: 3) + loss("c ab", from: 2)) / 2
    let found = try evaluator.evaluate(adapted, on: examples).result
    #expect(abs(found.loss - expected) < 1e-5)
    let pairs = try examples.map { try $0.pair() }
    var settings = FineTuningSettings()
    settings.endsCompletion = false
    #expect(abs(try FineTuner(settings: settings).loss(adapted, on: pairs) - expected) < 1e-5)
    let tokens = try model.tokenized(pairs, endsCompletion: true)
    #expect(tokens.map(\.tokens) == [[1, 7, 8, 9, 2], [1, 9, 11, 2]])
    #expect(tokens.map(\.promptLength) == [3, 2])
  }

  /// Answers of several tokens compete by the sum of their log-probabilities.
  @Test func choicesAreThoseOfTheWholeText() throws {
    let task = EvaluationTask(name: "letters", template: .verbatim, extraction: .text)
    let adapted = try AdaptedModel(model, adapters: [])
    let texts = try Evaluator(task, mode: .choose).evaluate(adapted, on: examples).texts
    let wanted = try zip(examples, [3, 2]).map { example, first in
      let losses = try example.choices.map {
        let completion = example.completion(answering: $0)
        return try loss(example.prompt + completion, from: first)
      }
      let best = losses.firstIndex(of: losses.min() ?? 0) ?? 0
      return example.completion(answering: example.choices[best])
    }
    #expect(texts == wanted)
  }

  private static let stories = URL(
    filePath: ProcessInfo.processInfo.environment["STORIES260K_GGUF"]
      ?? "../shared/data/models/stories260K.gguf")

  /// lm-evaluation-harness's number for a real SentencePiece vocabulary.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: ContinuationTests.stories.path),
      "no file: see STORIES260K_GGUF"))
  func ofARealModel() throws {
    let model = try LanguageModel(contentsOf: Self.stories)
    let example = TaskExample(prompt: "Once upon a", completion: " time")
    let task = EvaluationTask(name: "time", template: .verbatim, extraction: .text)
    let result = try Evaluator(task, mode: .loss).evaluate(
      AdaptedModel(model, adapters: []), on: [example]
    ).result
    #expect(abs(result.loss - 13.985) < 1e-3)
  }
}

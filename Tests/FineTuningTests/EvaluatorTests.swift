import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Answers written and chosen, against runs one by one.
@Suite struct EvaluatorTests {
  private let examples = ["the cat", "a", "12 on the sand and", "xyz"].enumerated().map {
    index, prompt in
    TaskExample(
      prompt: prompt, completion: "it is " + ["ab", "b"][index % 2],
      answer: ["ab", "b"][index % 2],
      choices: ["ab", "b", "cab"])
  }
  private let task = EvaluationTask(
    name: "test", template: .verbatim, extraction: .text, maximumTokens: 5)

  private func adapted() throws -> AdaptedModel {
    try AdaptedModel(
      TinyModels.gguf(),
      [
        PlacedIntervention(
          try randomLoReFT(rank: 2, seed: 1), at: .blockOutput(1, .firstAndLast(1, 1)))
      ])
  }

  /// Σ log p of a completion's tokens, one run a token.
  private func logLikelihood(
    _ adapted: AdaptedModel, _ prompt: [Int], _ completion: [Int]
  ) throws -> Double {
    var (tokens, sum) = (prompt, 0.0)
    for token in completion {
      let edits = try adapted.edits([tokens], promptLengths: [prompt.count])
      let logits = try #require(
        try adapted.base.run(.lastLogits([.tokens(tokens)], edits: edits)).logits)
      sum += Double(logits.logSoftmax()[0, token])
      tokens.append(token)
    }
    return sum
  }

  @Test func choosesTheLikeliest() throws {
    let adapted = try adapted()
    let tokenizer = adapted.base.tokenizer
    let (result, texts) = try Evaluator(task, mode: .choose).evaluate(adapted, on: examples)
    var likeliest: [String] = []
    var losses: [Double] = []
    for example in examples {
      let prompt = tokenizer.encode(example.prompt)
      let sums = try example.choices.map { choice in
        try logLikelihood(
          adapted, prompt,
          tokenizer.encode(example.completion(answering: choice), addingSpecialTokens: false))
      }
      likeliest.append(
        example.completion(answering: example.choices[sums.firstIndex(of: sums.max() ?? 0) ?? 0]))
    }
    #expect(texts == likeliest)
    #expect(result.score.accuracy.n == 4 && result.mode == .choose)
    var evaluator = Evaluator(task, mode: .choose)
    evaluator.endsCompletion = false
    for example in examples {
      let prompt = tokenizer.encode(example.prompt)
      let completion = tokenizer.encode(example.completion, addingSpecialTokens: false)
      losses.append(-(try logLikelihood(adapted, prompt, completion)))
    }
    let tokens = examples.reduce(0) {
      $0 + tokenizer.encode($1.completion, addingSpecialTokens: false).count
    }
    let expected = exp(losses.reduce(0, +) / Double(tokens))
    let found = try #require(evaluator.evaluate(adapted, on: examples).result.perplexity)
    #expect(abs(found / expected - 1) < 1e-4)
  }

  /// Choices that differ in their last token alone are decided by one row, and as by whole sums.
  @Test func oneTokenDecides() throws {
    let adapted = try adapted()
    let tokenizer = adapted.base.tokenizer
    let short = examples.map { example in
      var example = example
      (example.answer, example.completion) = ("a", "it is a")
      example.choices = ["a", "b", "c", "x"]
      return example
    }
    let texts = try Evaluator(task, mode: .choose).evaluate(adapted, on: short).texts
    for (text, example) in zip(texts, short) {
      let sums = try example.choices.map { choice in
        try logLikelihood(
          adapted, tokenizer.encode(example.prompt),
          tokenizer.encode(example.completion(answering: choice), addingSpecialTokens: false))
      }
      let best = example.choices[sums.firstIndex(of: sums.max() ?? 0) ?? 0]
      #expect(text == example.completion(answering: best))
    }
  }

  @Test func writesWhatGenerationGives() throws {
    let adapted = try adapted()
    let (result, texts) = try Evaluator(task).evaluate(adapted, on: examples)
    for (text, example) in zip(texts, examples) {
      let ids = try adapted.generate(
        [adapted.base.tokenizer.encode(example.prompt)],
        options: GenerationOptions(
          maximumTokens: 5,
          stopTokens: Set([adapted.base.tokenizer.endOfSequence].compactMap { $0 })))[0]
      #expect(text == adapted.base.tokenizer.decode(ids, continuing: true))
    }
    #expect(result.mode == .generate && result.task == "test")
    var bare = examples
    bare[2].choices = []
    #expect(throws: FineTuningError.self) {
      try Evaluator(task, mode: .choose).evaluate(adapted, on: bare)
    }
    #expect(throws: FineTuningError.noExamples) { try Evaluator(task).evaluate(adapted, on: []) }
  }

  /// Adapters apply in the order given, and an intervention at every position applies to generated
  /// tokens too.
  @Test func adaptersComposeInOrder() throws {
    let model = try TinyModels.gguf()
    let shift = RepresentationEditing(
      scale: Tensor(repeating: 1.2, shape: [16]), bias: Tensor(repeating: 0.5, shape: [16]))
    let site = Site.blockOutput(1, .every)
    let first = InterventionAdapter([PlacedIntervention(shift, at: site)])
    let second = InterventionAdapter([
      PlacedIntervention(try randomLoReFT(rank: 2, seed: 3), at: site)
    ])
    let prompt = model.tokenizer.encode("the cat")
    func outputs(_ adapters: [any Adapter]) throws -> ([Float], [Int]) {
      let adapted = try AdaptedModel(model, adapters: adapters)
      let options = GenerationOptions(maximumTokens: 6)
      return (
        try adapted.lastLogits([prompt]).elements,
        try adapted.generate([prompt], options: options)[0]
      )
    }
    let (ab, ba) = (try outputs([first, second]), try outputs([second, first]))
    #expect(ab.0 != ba.0)
    // By hand: the second edit reads what the first one wrote.
    var tokens = prompt
    for token in ab.1 {
      let cells = Cells(.blockOutput, layer: 1, positions: [Array(tokens.indices)])
      let edit = Edit(cells) { rows in
        second.interventions[0].intervention(shift(rows, sources: []), sources: [])
      }
      let logits = try #require(
        try model.run(.lastLogits([.tokens(tokens)], edits: [edit])).logits)
      if tokens.count == prompt.count {
        for (a, b) in zip(logits.elements, ab.0) { #expect(abs(a - b) < 1e-5) }
      }
      #expect(logits.rowMaxima()[0] == token)
      tokens.append(token)
    }
  }
}

import Models
import Tensors
import Tokenizers

/// How a model's answers are found.
public enum AnswerMode: String, Codable, Sendable, CaseIterable {
  /// The model writes its answer, which is read from the text: what the papers report.
  case generate
  /// The likeliest of the possible completions: how much it knows, whatever it would write.
  case choose
}

/// What a model with adapters reached on a task's examples.
public struct EvaluationResult: Codable, Sendable, Equatable {
  public let task: String
  public let mode: AnswerMode
  public let score: EvaluationScore
  /// exp of the mean cross-entropy of the right completions' tokens.
  public let perplexity: Double
}

/// Measures models with adapters on a task.
public struct Evaluator: Sendable {
  public var task: EvaluationTask
  public var mode: AnswerMode
  /// Sequences in a run.
  public var batchSize = 16
  /// Whether completions end with the token that ends them, as they were trained.
  public var endsCompletion = true

  public init(_ task: EvaluationTask, mode: AnswerMode = .generate) {
    (self.task, self.mode) = (task, mode)
  }

  /// Asks every example and scores the answers.
  ///
  /// - Parameter progress: called with how many examples are done, of how many
  /// - Returns: the figures, and what the model wrote or chose, in the examples' order
  /// - Throws: ``FineTuningError`` without examples or without choices to choose from; `ModelError` for an
  ///   example that doesn't fit.
  public func evaluate(
    _ adapted: AdaptedModel, on examples: [TaskExample],
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> (result: EvaluationResult, texts: [String]) {
    guard !examples.isEmpty else { throw FineTuningError.noExamples }
    var texts = examples.map { _ in "" }
    let prompts = try examples.map { try task.template.encode($0, by: adapted.base.tokenizer) }
    // Long prompts together, so that a run's sequences take alike.
    let order = prompts.indices.sorted { prompts[$0].count > prompts[$1].count }
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let batch = order[start..<min(start + batchSize, order.count)]
      let found =
        switch mode {
        case .generate: try written(adapted, batch.map { prompts[$0] })
        case .choose: try chosen(adapted, batch.map { examples[$0] }, batch.map { prompts[$0] })
        }
      for (index, text) in zip(batch, found) { texts[index] = text }
      progress(min(start + batchSize, order.count), order.count)
    }
    let result = EvaluationResult(
      task: task.name, mode: mode, score: try task.score(texts, for: examples),
      perplexity: Metrics.perplexity(meanLoss: try meanLoss(adapted, on: examples)))
    return (result, texts)
  }

  /// The mean cross-entropy of the right completions' tokens.
  ///
  /// - Throws: as ``evaluate(_:on:progress:)``.
  public func meanLoss(_ adapted: AdaptedModel, on examples: [TaskExample]) throws -> Double {
    var settings = FineTuningSettings()
    settings.batchSize = batchSize
    return try FineTuner(settings: settings).loss(
      adapted, onTokens: try task.tokenized(examples, by: adapted.base, ending: endsCompletion))
  }

  // MARK: Writing

  private func written(_ adapted: AdaptedModel, _ prompts: [[Int]]) throws -> [String] {
    let tokenizer = adapted.base.tokenizer
    let options = GenerationOptions(
      maximumTokens: task.maximumTokens, stopTokens: try task.template.stopTokens(tokenizer))
    return try adapted.generate(prompts, options: options).map {
      tokenizer.decode($0, continuing: true)
    }
  }

  // MARK: Choosing

  private func chosen(
    _ adapted: AdaptedModel, _ examples: [TaskExample], _ prompts: [[Int]]
  ) throws -> [String] {
    var candidates: [CandidateSet] = []
    for (example, prompt) in zip(examples, prompts) {
      guard example.choices.count > 1 else {
        throw FineTuningError.invalidSetting(
          name: "choices", expected: "examples with at least 2 possible answers",
          found: example.origin.map { "\($0)" } ?? "one with \(example.choices.count)")
      }
      let texts = example.choices.map { example.completion(answering: $0) }
      candidates.append(
        CandidateSet(
          prompt: prompt,
          completions: try texts.map { text in
            var answered = example
            answered.completion = text
            return try task.template.encodeCompletion(
              answered, by: adapted.base.tokenizer, ending: false)
          }))
    }
    let best = try adapted.likeliest(candidates)
    return zip(examples, best).map { $0.completion(answering: $0.choices[$1]) }
  }
}

extension EvaluationTask {
  /// Examples as a model reads them.
  ///
  /// - Throws: ``FineTuningError`` or `TokenizerError` naming the example that can't be read.
  public func tokenized(
    _ examples: [TaskExample], by model: LanguageModel, ending: Bool
  ) throws -> [TokenizedExample] {
    try examples.enumerated().map { index, example in
      let tokens = try TokenizedExample(
        example, index: index, template: template, tokenizer: model.tokenizer,
        endsCompletion: ending)
      let maximum = model.model.architecture.maximumLength
      guard tokens.tokens.count <= maximum else {
        throw FineTuningError.tooLong(
          example: index, tokens: tokens.tokens.count, maximum: maximum)
      }
      return tokens
    }
  }
}

extension PromptTemplate {
  /// The tokens that end a continuation.
  ///
  /// - Throws: `TokenizerError` for a chat template that isn't known.
  public func stopTokens(_ tokenizer: Tokenizer) throws -> Set<Int> {
    var stop = Set([tokenizer.endOfSequence].compactMap { $0 })
    if case .chat = self {
      let end = try tokenizer.chatTemplate().endOfTurn
      let ids = tokenizer.encode([TextPart(end, parsesSpecialTokens: true)])
      if ids.count == 1 { stop.formUnion(ids) }
    }
    return stop
  }
}

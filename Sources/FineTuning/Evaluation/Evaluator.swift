import InterchangeBasics
import InterchangeDatasets
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

/// A way to find a model's answers.
public enum AnswerMode: String, Codable, Sendable, CaseIterable {
  /// The model writes its answer, which is read from the text: what the papers report.
  case generate
  /// The likeliest of the possible completions: how much it knows, whatever it would write.
  case choose
  /// The word of a head: one of its labels, or a number.
  case label
  /// Not at all: the loss of the right completions alone is measured.
  case loss

  /// The way in which a model's answers are found where nothing is said: an encoder can't write.
  public static func standard(for model: Model) -> AnswerMode {
    model.architecture.isCausal ? .generate : .label
  }
}

/// The outcome of a model with adapters on a task's examples.
public struct EvaluationResult: Codable, Sendable, Equatable {
  public let task: String
  public let mode: AnswerMode
  public let score: EvaluationScore
  /// The mean cross-entropy of the right completions' tokens, or of the right labels; of a number
  /// the mean squared error.
  public let loss: Double
  /// exp of the cross-entropy; nil where a number is predicted.
  public let perplexity: Double?
}

/// Measures models with adapters on a task.
public struct Evaluator: Sendable {
  public var task: EvaluationTask
  public var mode: AnswerMode
  /// Sequences in a run.
  public var batchSize = 16
  /// True where completions end with the token that ends them, as they were trained.
  public var endsCompletion = true

  public init(_ task: EvaluationTask, mode: AnswerMode = .generate) {
    (self.task, self.mode) = (task, mode)
  }

  /// Asks every example and scores the answers.
  ///
  /// - Parameter progress: called with how many examples are done, of how many
  /// - Returns: the figures, and what the model wrote or chose, in the examples' order
  /// - Throws: `FineTuningError` without examples or without choices to choose from; `ModelError`
  ///   for an example that doesn't fit.
  public func evaluate(
    _ adapted: AdaptedModel, on examples: [TaskExample],
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> (result: EvaluationResult, texts: [String]) {
    guard !examples.isEmpty else { throw FineTuningError.noExamples }
    var texts = examples.map { _ in "" }
    // What can't be read is told before anything is run.
    let tokens = mode == .label ? [] : try tokenized(examples, by: adapted)
    if mode == .loss { return (try lossAlone(adapted, tokens), texts) }
    let (lengths, answer) = try mode == .label ? said(adapted, examples) : asked(adapted, examples)
    var total = 0.0
    let isNumber = mode == .label && adapted.labels?.isNumber == true
    // Long ones together, so that a run's sequences take alike.
    let order = lengths.indices.sorted { lengths[$0] > lengths[$1] }
    for start in stride(from: 0, to: order.count, by: batchSize) {
      let batch = order[start..<min(start + batchSize, order.count)]
      let (asked, members) = adapted.forMembers(Array(batch))
      let (found, loss) = try answer(asked, members)
      total += (loss ?? 0) * Double(batch.count)
      for (place, index) in batch.enumerated() {
        let answers = found[place * adapted.members..<(place + 1) * adapted.members]
        texts[index] = vote(Array(answers), areNumbers: isNumber)
      }
      progress(min(start + batchSize, order.count), order.count)
    }
    let meanLoss =
      try mode == .label ? total / Double(examples.count) : meanLoss(adapted, onTokens: tokens)
    let result = EvaluationResult(
      task: task.name, mode: mode, score: try task.score(texts, for: examples),
      loss: meanLoss,
      perplexity: isNumber ? nil : Self.perplexity(meanLoss))
    return (result, texts)
  }

  /// Nil where the loss is so large that it has none.
  private static func perplexity(_ loss: Double) -> Double? {
    let perplexity = Metrics.perplexity(meanLoss: loss)
    return perplexity.isFinite ? perplexity : nil
  }

  private func lossAlone(
    _ adapted: AdaptedModel, _ examples: [TokenizedExample]
  ) throws -> EvaluationResult {
    let loss = try meanLoss(adapted, onTokens: examples)
    return EvaluationResult(
      task: task.name, mode: mode,
      score: EvaluationScore(
        values: [EvaluationScore.Value(metric: .loss, value: loss)],
        accuracy: Accuracy(correct: 0, n: examples.count), unanswered: examples.count),
      loss: loss, perplexity: Self.perplexity(loss))
  }

  /// The answer that most members of an ensemble give, the first of equals; of numbers the mean.
  private func vote(_ answers: [String], areNumbers: Bool) -> String {
    guard answers.count > 1 else { return answers[0] }
    if areNumbers {
      let numbers = answers.compactMap(Double.init)
      return "\(numbers.reduce(0, +) / Double(numbers.count))"
    }
    let counts = answers.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    return answers.first { counts[$0] == most } ?? answers[0]
  }

  /// The length of each example, and the answers to some of them, by index and by member of an
  /// ensemble, with their mean loss where that falls out.
  private typealias Answering = (
    lengths: [Int],
    answer: (_ batch: [Int], _ members: [Int]) throws -> (texts: [String], loss: Double?)
  )

  private func asked(_ adapted: AdaptedModel, _ examples: [TaskExample]) throws -> Answering {
    guard mode == .choose else {
      let prompts = try examples.map { try task.template.encode($0, by: adapted.base.tokenizer) }
      return (
        prompts.map(\.count),
        { batch, members in (try written(adapted, batch.map { prompts[$0] }, members), nil) }
      )
    }
    let sets = try examples.enumerated().map { index, example in
      let set = try candidates(example, adapted.base)
      let length = set.length(in: adapted.base.architecture)
      guard length <= adapted.readableLength else {
        throw example.tooLong(index, tokens: length, maximum: adapted.readableLength)
      }
      return set
    }
    return (
      sets.map(\.prompt.count),
      { batch, members in
        let asked = zip(batch, members).map { index, member in
          var set = sets[index]
          set.member = member
          return set
        }
        let best = try adapted.likeliest(asked)
        let texts = zip(batch, best).map { index, choice in
          examples[index].completion(answering: examples[index].choices[choice])
        }
        return (texts, nil)
      }
    )
  }

  private func said(_ adapted: AdaptedModel, _ examples: [TaskExample]) throws -> Answering {
    let labels = try requireLabels(adapted)
    let inputs = try adapted.base.tokenized(examples, labels: labels)
    return (
      inputs.map(\.input.length),
      { batch, members in
        let asked = batch.map { inputs[$0] }
        let outputs = try adapted.labelOutputs(asked, members: members).detached
        if let found = outputs.firstNonFinite {
          let index = batch[found.index / outputs.width]
          throw FineTuningError.notFinite(
            what: "the head's output",
            place: examples[index].origin.map { "\($0)" } ?? "example \(index)")
        }
        return (
          batch.indices.map { labels.text(outputs.rowSlice($0..<$0 + 1).elements) },
          Double(adapted.labelLoss(asked, outputs: outputs).scalar)
        )
      }
    )
  }

  private func requireLabels(_ adapted: AdaptedModel) throws -> LabelSet {
    guard let labels = adapted.labels else {
      throw FineTuningError.invalidSetting(
        name: "answers", expected: "a model or an adapter with a head for labels",
        found: adapted.base.architecture.labels == nil ? "none" : "one of several labels at once")
    }
    return labels
  }

  /// The mean loss of the right completions' tokens, or of the right labels.
  ///
  /// - Throws: as ``evaluate(_:on:progress:)``.
  public func meanLoss(_ adapted: AdaptedModel, on examples: [TaskExample]) throws -> Double {
    try meanLoss(adapted, onTokens: tokenized(examples, by: adapted))
  }

  private func meanLoss(
    _ adapted: AdaptedModel, onTokens examples: [TokenizedExample]
  ) throws -> Double {
    var settings = FineTuningSettings()
    settings.batchSize = batchSize
    return try FineTuner(settings: settings).loss(adapted, onTokens: examples)
  }

  /// Examples as they are learned and measured.
  ///
  /// - Throws: `FineTuningError` or `TokenizerError` naming the example that can't be read.
  public func tokenized(
    _ examples: [TaskExample], by adapted: AdaptedModel
  ) throws -> [TokenizedExample] {
    mode == .label
      ? try adapted.base.tokenized(
        examples, labels: requireLabels(adapted), reserving: adapted.virtualTokens)
      : try task.tokenized(
        examples, by: adapted.base, ending: endsCompletion, reserving: adapted.virtualTokens)
  }

  // MARK: Writing

  private func written(
    _ adapted: AdaptedModel, _ prompts: [[Int]], _ members: [Int]
  ) throws -> [String] {
    let tokenizer = adapted.base.tokenizer
    let options = GenerationOptions(
      maximumTokens: task.maximumTokens, stopTokens: try task.template.stopTokens(tokenizer))
    return try adapted.generate(prompts, options: options, members: members).map {
      adapted.base.decode(continuation: $0)
    }
  }

  // MARK: Choosing

  /// An example's prompt with the completions that compete after it, each in its place.
  func candidates(_ example: TaskExample, _ model: LanguageModel) throws -> CandidateSet {
    guard example.choices.count > 1 else {
      throw FineTuningError.invalidSetting(
        name: "choices", expected: "examples with at least 2 possible answers",
        found: example.origin.map { "\($0)" } ?? "one with \(example.choices.count)")
    }
    let (prompt, completions) = try task.template.encode(
      example, followedBy: example.choices.map { example.completion(answering: $0) },
      by: model.tokenizer, ending: false, apart: model.architecture.shape.startToken != nil)
    return CandidateSet(prompt: prompt, completions: completions, member: 0)
  }
}

extension EvaluationTask {
  /// Examples as a model reads them.
  ///
  /// - Parameter reserved: positions that something else takes, such as soft tokens
  /// - Throws: `DatasetError`, `FineTuningError` or `TokenizerError` naming the example that can't
  ///   be read.
  public func tokenized(
    _ examples: [TaskExample], by model: LanguageModel, ending: Bool, reserving reserved: Int = 0
  ) throws -> [TokenizedExample] {
    try examples.enumerated().map { index, example in
      let tokens = try TokenizedExample(
        example, index: index, template: template, tokenizer: model.tokenizer,
        endsCompletion: ending, startToken: model.architecture.shape.startToken)
      let maximum = model.architecture.maximumLength - reserved
      guard tokens.length <= maximum else {
        throw example.tooLong(index, tokens: tokens.length, maximum: maximum)
      }
      return tokens
    }
  }
}

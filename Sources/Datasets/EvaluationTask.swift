import InterchangeBasics

/// A figure of merit of a task.
public enum Metric: String, Sendable, CaseIterable, Codable {
  /// The share of right answers.
  case accuracy
  /// Matthews' correlation of the labels.
  case matthewsCorrelation
  /// F1 of the label "yes" (or the last of the choices): GLUE's for MRPC and QQP.
  case f1
  /// The mean of the F1 of every label.
  case macroF1
  /// Pearson's correlation of the numbers.
  case pearson
  /// Spearman's correlation of the numbers.
  case spearman
  /// The mean cross-entropy of the right completions, of which less is better.
  case loss
}

/// A data set's way of posing questions and judging answers.
public struct EvaluationTask: Sendable, Equatable {
  /// The source of the rules that read the answers of the commonsense sets.
  public enum Convention: String, Sendable, CaseIterable {
    /// The first of the possible answers in the text (Hu et al. 2023).
    case llmAdapters
    /// The text after "the correct answer is " has to be the answer and nothing else (Wu et al.
    /// 2024). A model that wasn't taught the phrase gets nothing.
    case loReFT
  }

  /// The task's name.
  public var name: String
  /// The way from an example to a prompt.
  public var template: PromptTemplate
  /// The way from a model's text to a short answer.
  public var extraction: AnswerExtraction
  /// The figures of merit, the main one first.
  public var metrics: [Metric]
  /// The greatest length of an answer in tokens.
  public var maximumTokens: Int

  /// A task of these parts.
  public init(
    name: String, template: PromptTemplate, extraction: AnswerExtraction,
    metrics: [Metric] = [.accuracy], maximumTokens: Int = 32
  ) {
    (self.name, self.template, self.extraction) = (name, template, extraction)
    (self.metrics, self.maximumTokens) = (metrics, maximumTokens)
  }

  /// The phrase that begins the answers of LLM-Adapters' commonsense sets.
  public static let answerPhrase = "the correct answer is "

  /// The task of a known data set, by its name; case, "-" and "_" don't matter. Nil when it isn't
  /// known.
  public init?(named name: String, convention: Convention = .llmAdapters) {
    let plain = name.lowercased().filter { $0 != "-" && $0 != "_" }
    func numbered(_ word: String, _ count: Int) -> [String] { (1...count).map { "\(word)\($0)" } }
    let choices: [String]
    switch plain {
    case "boolq": choices = ["true", "false"]
    case "piqa": choices = numbered("solution", 2)
    case "socialiqa", "siqa", "arceasy", "arcchallenge", "openbookqa", "obqa":
      choices = numbered("answer", 5)
    case "hellaswag": choices = numbered("ending", 4)
    case "winogrande": choices = numbered("option", 2)
    case "multiarith", "gsm8k", "svamp", "mawps", "addsub", "singleeq", "aqua", "mathdata",
      "math7k", "math10k", "math14k", "math50k":
      self.init(name: name, template: .alpaca, extraction: .arithmetic, maximumTokens: 512)
      return
    default:
      guard let glue = GLUETask(named: name) else { return nil }
      self.init(glue)
      return
    }
    self.init(
      name: name, template: .plain,
      extraction: convention == .loReFT ? .after(Self.answerPhrase) : .first(choices))
  }

  /// GLUE's task for a decoder that answers in words.
  public init(_ glue: GLUETask) {
    let metrics: [Metric] =
      switch glue {
      case .cola: [.matthewsCorrelation]
      case .mrpc, .qqp: [.accuracy, .f1]
      case .stsb: [.pearson, .spearman]
      case .sst2, .mnli, .qnli, .rte, .wnli: [.accuracy]
      }
    self.init(
      name: glue.rawValue, template: .text("{instruction}"),
      extraction: glue == .stsb ? .number : .firstWord(glue.words), metrics: metrics,
      maximumTokens: 8)
  }

  /// The task of a data source: the known one of its name, else one that follows from its examples:
  /// one of the possible answers, a number, or the whole text.
  public init(
    _ source: DataSource, _ examples: [TaskExample], convention: Convention = .llmAdapters
  ) {
    if let glue = source.glue {
      self.init(glue)
    } else if let known = EvaluationTask(named: source.name, convention: convention) {
      self = known
    } else {
      var seen: Set<String> = []
      let choices = examples.flatMap(\.choices).filter { seen.insert($0).inserted }
      let isLabelled = examples.allSatisfy { !$0.sentences.isEmpty }
      let answers = examples.compactMap(\.answer)
      let isNumeric = !answers.isEmpty && answers.allSatisfy { Double($0) != nil }
      let template: PromptTemplate = source.format == .instructions ? .alpaca : .verbatim
      if !choices.isEmpty {
        self.init(
          name: source.name, template: isLabelled ? .text("{instruction}") : .plain,
          extraction: isLabelled ? .firstWord(choices) : .first(choices),
          metrics: isLabelled ? [.accuracy, .macroF1] : [.accuracy])
      } else {
        self.init(
          name: source.name, template: template, extraction: isNumeric ? .number : .text,
          metrics: isLabelled && isNumeric ? [.pearson, .spearman] : [.accuracy],
          maximumTokens: isNumeric ? 256 : 64)
      }
    }
  }

  /// True when a text answers an example rightly. An example without a short answer requires its
  /// completion.
  public func isCorrect(_ text: String, for example: TaskExample) -> Bool {
    guard let answer = example.answer else {
      return AnswerExtraction.text.isCorrect(text, gold: example.completion)
    }
    return extraction.isCorrect(text, gold: answer)
  }

  /// The examples whose own completion ends in the right answer. The explanations of LLM-Adapters'
  /// arithmetic sets are a model's: a fifth to two fifths are wrong.
  public func consistent(_ examples: [TaskExample]) -> [TaskExample] {
    examples.filter { isCorrect($0.completion, for: $0) }
  }

  /// The figures of a model's texts for the examples, in their order. A text without an answer
  /// counts as wrong; for correlations it counts as 0.
  ///
  /// - Throws: ``DatasetError/noExamples`` without examples.
  public func score(_ texts: [String], for examples: [TaskExample]) throws -> EvaluationScore {
    require(
      texts.count == examples.count, "score: \(texts.count) texts, \(examples.count) examples")
    guard !examples.isEmpty else { throw DatasetError.noExamples }
    let found = zip(texts, examples).map {
      extraction.answer(in: $0, gold: $1.answer ?? $1.completion)
    }
    let right = zip(texts, examples).map { isCorrect($0, for: $1) }
    let gold = examples.map { $0.answer ?? $0.completion }
    // A right answer in another spelling is that answer.
    let predicted = zip(zip(found, right), gold).map { $0.1 ? $1 : $0.0 ?? "" }
    func numbers(_ texts: [String]) -> [Double] { texts.map { Double($0) ?? 0 } }
    var values: [EvaluationScore.Value] = []
    for metric in metrics {
      let value: Double? =
        switch metric {
        case .accuracy: Double(right.count { $0 }) / Double(right.count)
        case .matthewsCorrelation: Metrics.matthewsCorrelation(predicted, gold)
        case .f1: Metrics.f1(predicted, gold, positive: positive(examples))
        case .macroF1: Metrics.macroF1(predicted, gold)
        case .pearson: Metrics.pearson(numbers(predicted), numbers(gold))
        case .spearman: Metrics.spearman(numbers(predicted), numbers(gold))
        // Texts don't give it.
        case .loss: nil
        }
      values.append(EvaluationScore.Value(metric: metric, value: value))
    }
    return EvaluationScore(
      values: values, accuracy: Accuracy(correct: right.count { $0 }, n: right.count),
      unanswered: found.count { $0?.isEmpty ?? true })
  }

  private func positive(_ examples: [TaskExample]) -> String {
    let choices = examples.first { !$0.choices.isEmpty }?.choices ?? []
    return choices.contains("yes") ? "yes" : choices.last ?? "yes"
  }
}

/// A model's figures on a task.
public struct EvaluationScore: Codable, Sendable, Equatable {
  /// One figure.
  public struct Value: Codable, Sendable, Equatable {
    /// The figure of merit.
    public let metric: Metric
    /// The figure; nil where it isn't defined: the correlation of a constant.
    public let value: Double?

    /// - Parameter value: nil where it isn't defined
    public init(metric: Metric, value: Double?) { (self.metric, self.value) = (metric, value) }
  }

  /// The figures in the task's order.
  public let values: [Value]
  /// The share of right answers, with the interval.
  public let accuracy: Accuracy
  /// The number of texts without an answer.
  public let unanswered: Int

  /// A score of these figures.
  public init(values: [Value], accuracy: Accuracy, unanswered: Int) {
    (self.values, self.accuracy, self.unanswered) = (values, accuracy, unanswered)
  }
}

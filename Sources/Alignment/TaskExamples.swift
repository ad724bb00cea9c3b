import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

/// Counterfactual examples that a model can be measured on, and how many were left out and why.
public struct TaskExamples: RandomAccessCollection, Sendable {
  /// The counts of the check before the experiment.
  public struct Check: Codable, Sendable {
    /// The share of bases that the model answers as the high-level model does.
    public let baseAccuracy: Accuracy
    /// The same for sources.
    public let sourceAccuracy: Accuracy
    /// Pairs that came in.
    public let pairs: Int
    /// Pairs left out because the model doesn't solve base or source.
    public let droppedUnsolved: Int
    /// Pairs left out because base and source have different numbers of tokens.
    public let droppedUnaligned: Int
    /// Pairs that remain.
    public let kept: Int
    /// Their number by label: a constant answer is right that often.
    public let labels: [String: Int]

    public init(
      baseAccuracy: Accuracy, sourceAccuracy: Accuracy, pairs: Int, droppedUnsolved: Int,
      droppedUnaligned: Int, kept: Int, labels: [String: Int]
    ) {
      (self.baseAccuracy, self.sourceAccuracy) = (baseAccuracy, sourceAccuracy)
      (self.pairs, self.droppedUnsolved) = (pairs, droppedUnsolved)
      (self.droppedUnaligned, self.kept, self.labels) = (droppedUnaligned, kept, labels)
    }
  }

  /// The task's name.
  public let task: String
  /// The name of what an interchange changes.
  public let variable: String
  public let examples: [AlignmentExample]
  public let check: Check
  /// The first base's text, for the labels of figures.
  public let exampleText: String

  /// Encodes the pairs of a text task, checks that the model solves them, and drops those it
  /// doesn't.
  ///
  /// - Throws: ``AlignmentError/answerNotSingleToken(answer:tokens:)`` when an answer has several
  ///   tokens, ``AlignmentError/noExamples(reason:)`` when nothing remains.
  public init(
    _ dataset: CounterfactualDataset<Prompt>, for model: LanguageModel,
    store: ActivationStore = ActivationStore()
  ) throws {
    let encoded = try dataset.map { try EncodedExample($0, model) }
    let aligned = encoded.filter(\.isAligned)
    let run = InterchangeRun(model: model.network, store: store, batchSize: 32)
    (task, variable) = (dataset.task, dataset.changing)
    let bases = try run.outcomes(
      of: aligned.map(\.example.base), answers: aligned.map(\.baseAnswer))
    let sourceCount = aligned.first?.sourceAnswers.count ?? 0
    var sources = aligned.map { _ in true }
    var allSources: [Outcome] = []
    for index in 0..<sourceCount {
      let solved = try run.outcomes(
        of: aligned.map { $0.example.sources[index] },
        answers: aligned.map { $0.sourceAnswers[index] })
      allSources += solved
      for (place, outcome) in solved.enumerated() where !outcome.isCorrect {
        sources[place] = false
      }
    }
    let kept = aligned.indices.filter { bases[$0].isCorrect && sources[$0] }
    guard !kept.isEmpty else {
      throw AlignmentError.noExamples(
        reason: aligned.isEmpty
          ? "base and source have different numbers of tokens in every pair"
          : "the model solves no pair of task \(dataset.task)")
    }
    examples = kept.map { aligned[$0].example }
    exampleText = aligned[kept[0]].text
    check = Check(
      baseAccuracy: Accuracy(bases), sourceAccuracy: Accuracy(allSources), pairs: encoded.count,
      droppedUnsolved: aligned.count - kept.count,
      droppedUnaligned: encoded.count - aligned.count, kept: kept.count,
      labels: Dictionary(grouping: kept) { model.tokenizer.token(aligned[$0].example.label) }
        .mapValues(\.count))
  }
}

private struct EncodedExample {
  let example: AlignmentExample
  let baseAnswer: ComparedAnswers
  let sourceAnswers: [ComparedAnswers]
  let text: String
  let isAligned: Bool

  init(_ pair: CounterfactualExample<Prompt>, _ model: LanguageModel) throws {
    func spans(_ prompt: Prompt, _ text: EncodedText) -> [String: Range<Int>] {
      prompt.spans.mapValues { text.tokens(in: $0) }
    }
    let base = model.encode(pair.base.text)
    let sources = pair.sources.map { model.encode($0.text) }
    let found = try model.answerTokens(
      pair.answers + [pair.label, pair.base.answer], after: pair.base.text)
    let answers = Array(found.prefix(pair.answers.count))
    let (label, baseLabel) = (found[answers.count], found[answers.count + 1])
    example = AlignmentExample(
      base: base.input, sources: sources.map(\.input), baseSpans: spans(pair.base, base),
      sourceSpans: zip(pair.sources, sources).map(spans), label: label, answers: answers,
      baseLabel: baseLabel)
    baseAnswer = ComparedAnswers(label: example.baseLabel, answers: answers)
    sourceAnswers = try pair.sources.map { source in
      let found = try model.answerTokens(pair.answers + [source.answer], after: source.text)
      let (answers, own) = (Array(found.dropLast()), found[answers.count])
      return ComparedAnswers(label: own, answers: answers.contains(own) ? answers : answers + [own])
    }
    text = pair.base.text
    isAligned = sources.allSatisfy { $0.length == base.length }
  }
}

extension TaskExamples {
  public var startIndex: Int { 0 }
  /// The number of examples.
  public var endIndex: Int { examples.count }
  /// The example at this index.
  public subscript(position: Int) -> AlignmentExample { examples[position] }
}

extension CounterfactualDataset<VectorInput> {
  /// The examples for a classifier whose classes are the task's answers in their order.
  ///
  /// Examples that the classifier doesn't solve are kept here: its accuracy is measured apart.
  public var alignmentExamples: [AlignmentExample] {
    map { example in
      AlignmentExample(
        base: .vectors([example.base.values]),
        sources: example.sources.map { .vectors([$0.values]) }, label: example.labelIndex,
        baseLabel: example.answers.firstIndex(of: example.base.answer) ?? 0)
    }
  }
}

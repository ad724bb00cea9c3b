import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels
import InterchangeTokenizers

/// Counterfactual examples that a model can be measured on, and how many were left out and why.
public struct TaskExamples: RandomAccessCollection, Sendable {
  /// The counts of the check before the experiment.
  public struct Check: Codable, Sendable {
    /// The share of bases that the model answers as the high-level model does; nil where nothing
    /// says what it should answer.
    public let baseAccuracy: Accuracy?
    /// The same for sources.
    public let sourceAccuracy: Accuracy?
    /// Pairs that came in.
    public let pairs: Int
    /// Pairs left out because the model doesn't solve base or source.
    public let droppedUnsolved: Int
    /// Pairs left out because base and source have different numbers of tokens.
    public let droppedUnaligned: Int
    /// Pairs left out because an answer isn't a single token.
    public let droppedAnswers: Int?
    /// Pairs left out because a text lacks the place that is swapped, or has another number of
    /// tokens there.
    public let droppedPlaces: Int?
    /// Pairs that remain.
    public let kept: Int
    /// Their number by label: a constant answer is right that often.
    public let labels: [String: Int]

    public init(
      baseAccuracy: Accuracy?, sourceAccuracy: Accuracy?, pairs: Int, droppedUnsolved: Int,
      droppedUnaligned: Int, droppedAnswers: Int? = nil, droppedPlaces: Int? = nil, kept: Int,
      labels: [String: Int]
    ) {
      (self.baseAccuracy, self.sourceAccuracy) = (baseAccuracy, sourceAccuracy)
      (self.pairs, self.droppedUnsolved) = (pairs, droppedUnsolved)
      (self.droppedUnaligned, self.kept, self.labels) = (droppedUnaligned, kept, labels)
      (self.droppedAnswers, self.droppedPlaces) = (droppedAnswers, droppedPlaces)
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
  /// - Throws: ``AlignmentError/answerNotSingleToken(answer:tokens:)`` when no pair has answers of
  ///   one token, ``AlignmentError/noExamples(reason:)`` when nothing remains.
  public init(
    _ dataset: CounterfactualDataset<Prompt>, for model: LanguageModel,
    store: ActivationStore = ActivationStore()
  ) throws {
    try self.init(
      dataset.pairs, task: dataset.task, variable: dataset.changing, for: model, store: store)
  }

  /// Encodes pairs of texts, checks that the model solves those whose answers are known, and drops
  /// those it doesn't.
  ///
  /// Where a base's own answer isn't known, the one that the model gives is taken.
  ///
  /// - Parameters:
  ///   - task: the name for records
  ///   - variable: the name of what an interchange changes
  ///   - positions: the places that will be swapped; pairs of different lengths are kept where these
  ///     are named spans or counted from the end
  ///   - sourcePositions: the places that are read in the sources, where they aren't the base's;
  ///     swap at `positions.swapped(from: sourcePositions)` then
  /// - Throws: ``AlignmentError/answerNotSingleToken(answer:tokens:)`` when no pair has answers of
  ///   one token, ``AlignmentError/noExamples(reason:)`` when nothing remains.
  public init(
    _ pairs: [TextPair], task: String, variable: String, positions: Positions? = nil,
    sourcePositions: Positions? = nil, for model: LanguageModel,
    store: ActivationStore = ActivationStore()
  ) throws {
    try self.init(
      pairs, task: task, variable: variable,
      places: PairPlaces(positions, source: sourcePositions), for: model, store: store)
  }

  init(
    _ pairs: [TextPair], task: String, variable: String, places: PairPlaces = PairPlaces(),
    for model: LanguageModel, store: ActivationStore
  ) throws {
    (self.task, self.variable) = (task, variable)
    let encoded = try TokenizedPair.all(pairs, model)
    let ofLength = places.corresponding(encoded)
    let (placed, misplaced) = TokenizedPair.placed(
      ofLength, model.architecture.stacks == nil ? places : PairPlaces())
    let judged = try JudgedPairs(
      placed, InterchangeRun(model: model.network, store: store, batchSize: 32))
    if placed.isEmpty, let misplaced { throw misplaced }
    guard !judged.kept.isEmpty else {
      throw AlignmentError.noExamples(
        reason: ofLength.isEmpty && !encoded.isEmpty
          ? "base and source have different numbers of tokens in every pair"
            + (places.positions == nil ? "" : "; name a span, or a position from the end")
          : "the model solves no pair of task \(task)"
            + judged.solvedByThemselves)
    }
    examples = judged.kept.map(\.example)
    exampleText = judged.kept[0].text
    check = Check(
      baseAccuracy: judged.bases, sourceAccuracy: judged.sources, pairs: pairs.count,
      droppedUnsolved: placed.count - judged.kept.count,
      droppedUnaligned: encoded.count - ofLength.count,
      droppedAnswers: pairs.count > encoded.count ? pairs.count - encoded.count : nil,
      droppedPlaces: ofLength.count > placed.count ? ofLength.count - placed.count : nil,
      kept: judged.kept.count,
      labels: Dictionary(grouping: judged.kept) { model.tokenizer.token($0.example.label) }
        .mapValues(\.count))
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

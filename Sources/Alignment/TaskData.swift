import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels

/// An experiment's pairs for one model: encoded, checked, and split so that train and test share no
/// members of the group.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try TaskData(SubjectVerbAgreement(), count: 128, for: model)
/// print(data.train.count, data.test.count)
/// ```
public struct TaskData {
  /// The task's name.
  public let task: String
  /// The name of what an interchange changes.
  public let variable: String
  /// The kind of thing that train and test don't share.
  public let disjoint: String
  public let train: TaskExamples
  public let test: TaskExamples
  /// The number of pairs that were asked for.
  public let count: Int
  /// What a user should know of the pairs, a line each.
  public let notes: [String]

  /// The data of any source: a question, a file of pairs, a published set.
  ///
  /// - Parameters:
  ///   - source: the place that pairs come from
  ///   - variable: the name of what an interchange changes; the usual variable when nil
  ///   - count: pairs in all, before those that the model doesn't solve are dropped; by default as
  ///     many as the source asks for, else 512
  ///   - trainShare: the share of pairs to fit on, where the source doesn't say its parts
  ///   - positions: the places that will be swapped; pairs of different lengths are kept where these
  ///     are named spans or counted from the end
  ///   - sourcePositions: the places that are read in the sources, where they aren't the base's
  ///   - store: the base runs that are kept
  /// - Throws: `CausalModelError` for an unknown variable or more pairs than there are,
  ///   `MemoryError` for more than the machine can hold, ``AlignmentError`` when the model solves
  ///   none of it.
  public init(
    _ source: any PairSource, changing variable: String? = nil, count: Int? = nil,
    trainShare: Double = 0.7, positions: Positions? = nil, sourcePositions: Positions? = nil,
    for model: LanguageModel, store: ActivationStore = ActivationStore(), seed: UInt64 = 0
  ) throws {
    let count = count ?? source.usualCount ?? 512
    // About what texts, tokens and answers of a pair take.
    try requireMemory(2048 * Double(count), for: "\(count) pairs")
    self.count = count
    let parts = try source.parts(
      PairWish(variable: variable, count: count, trainShare: trainShare, seed: seed))
    (task, self.variable, disjoint) = (source.name, parts.variable, parts.disjoint)
    let places = PairPlaces(positions, source: sourcePositions, isOpen: true)
    func examples(_ pairs: [TextPair]) throws -> TaskExamples {
      try TaskExamples(
        pairs, task: source.name, variable: parts.variable, places: places, for: model,
        store: store)
    }
    train = try examples(parts.train)
    test = try examples(parts.test)
    // Such a pair shows nothing: the swap needn't do anything.
    let said = (train.examples + test.examples).count { $0.label == $0.baseLabel }
    let isOpen = (parts.train + parts.test).contains { $0.baseAnswer == nil }
    let trivial =
      isOpen && said > 0
      ? ["in \(said) of \(train.count + test.count) pairs the model says the label without a swap"]
      : []
    notes =
      parts.notes + trivial
      + parts.dropped.sorted { $0.key < $1.key }.map { "\($0.value) pairs left out: \($0.key)" }
  }

  /// The data of any task, a user's own too; the other parameters are those of any source's.
  ///
  /// - Throws: as for any source.
  public init(
    _ task: any CausalTask<Prompt>, changing variable: String? = nil, count: Int? = nil,
    trainShare: Double = 0.7, positions: Positions? = nil, sourcePositions: Positions? = nil,
    for model: LanguageModel, store: ActivationStore = ActivationStore(), seed: UInt64 = 0
  ) throws {
    try self.init(
      TaskPairs(task), changing: variable, count: count, trainShare: trainShare,
      positions: positions, sourcePositions: sourcePositions, for: model, store: store, seed: seed)
  }

  /// The data behind a name or a path: a built-in task such as `agreement`, a question document, a
  /// file of pairs, a published set.
  ///
  /// - Throws: as for any source, and `CausalModelError` for a name that is neither.
  public init(
    _ name: String, changing variable: String? = nil, count: Int? = nil,
    trainShare: Double = 0.7, positions: Positions? = nil, sourcePositions: Positions? = nil,
    for model: LanguageModel, store: ActivationStore = ActivationStore(), seed: UInt64 = 0
  ) throws {
    try self.init(
      PairSources.named(name), changing: variable, count: count, trainShare: trainShare,
      positions: positions, sourcePositions: sourcePositions, for: model, store: store, seed: seed)
  }
}

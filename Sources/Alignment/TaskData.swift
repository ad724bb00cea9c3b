import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels

/// A text task's data for one model: encoded, checked, and split so that train and test share no
/// members of the task's group.
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

  /// The data of any task, a user's own too.
  ///
  /// - Parameters:
  ///   - task: the task
  ///   - variable: the name of what an interchange changes; the task's usual variable when nil
  ///   - count: pairs in all, before those that the model doesn't solve are dropped
  ///   - trainShare: the share of pairs to fit on
  ///   - store: the base runs that are kept
  /// - Throws: `CausalModelError` for an unknown variable or more pairs than the task can make,
  ///   `MemoryError` for more than the machine can hold, ``AlignmentError`` when the model solves
  ///   none of it.
  public init(
    _ task: any CausalTask<Prompt>, changing variable: String? = nil, count: Int,
    trainShare: Double = 0.7, for model: LanguageModel, store: ActivationStore = ActivationStore(),
    seed: UInt64 = 0
  ) throws {
    // About what texts, tokens and answers of a pair take.
    try requireMemory(2048 * Double(count), for: "\(count) pairs")
    self.variable = variable ?? task.changeNames[0]
    self.task = task.name
    disjoint = task.group.rawValue
    let parts = try task.counterfactuals(changing: self.variable, count: count, seed: seed)
      .split(disjoint: task.group, fraction: trainShare, seed: seed)
    train = try TaskExamples(parts.train, for: model, store: store)
    test = try TaskExamples(parts.test, for: model, store: store)
  }

  /// The data of a built-in task by its name, such as `agreement`; the other parameters are those
  /// of ``init(_:changing:count:trainShare:for:store:seed:)``.
  ///
  /// - Throws: as that, and `CausalModelError` for an unknown task.
  public init(
    task name: String, variable: String? = nil, count: Int, trainShare: Double = 0.7,
    for model: LanguageModel, store: ActivationStore = ActivationStore(), seed: UInt64 = 0
  ) throws {
    try self.init(
      BuiltInTasks.languageModelTask(named: name), changing: variable, count: count,
      trainShare: trainShare, for: model, store: store, seed: seed)
  }
}

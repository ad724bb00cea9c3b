/// A behavior of a network with a causal model that explains it, and the data to test that.
///
/// ```swift
/// let task = SubjectVerbAgreement()
/// let (train, test) = try task.counterfactuals(changing: .subjectNumber, count: 512, seed: 0)
///   .split(disjoint: .nouns, seed: 0)
/// ```
public protocol CausalTask<Input>: Sendable {
  /// The kind of the network's input: `Prompt` or `VectorInput`.
  associatedtype Input: ExampleInput
  /// The kind of change that an interchange makes.
  associatedtype Change: TaskChange

  /// The task's name on the command line.
  var name: String { get }
  /// The task in one sentence.
  var summary: String { get }
  /// The answers that are compared.
  var answerKind: AnswerKind { get }
  /// The kind of thing that train and test data should not share.
  var group: GroupKind { get }
  /// The high-level causal model; every answer and label is its output.
  var causalModel: CausalModel { get throws }

  /// The changes that an interchange can make, the usual one first.
  var changes: [Change] { get }

  /// Different inputs with their answers, balanced and in a random order that the seed decides.
  ///
  /// - Throws: `CausalModelError` when the count is not positive or exceeds what the task can make.
  func inputs(count: Int, seed: UInt64) throws -> [Input]

  /// Different counterfactual examples, balanced and in a random order that the seed decides.
  ///
  /// - Throws: `CausalModelError` when the count is not positive or exceeds what the task can make.
  func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Input>
}

/// A change that an interchange of a task can make: of one variable of the causal model, or of
/// several at once.
///
/// The raw value is the name on the command line.
public protocol TaskChange: RawRepresentable<String>, Sendable {
  /// The variables that are set, each from its own source.
  var variables: [String] { get }
}

/// The changes of a task that are known when it is written: an enumeration, the usual one first.
public protocol CausalChange: TaskChange, CaseIterable {}

extension TaskChange {
  /// The variable of the same name.
  public var variables: [String] { [rawValue] }
}

/// The answers of a task that are compared with each other.
public enum AnswerKind: Hashable, Sendable {
  /// The same answers for every example, in the order of `CounterfactualExample.answers`.
  case fixed([String])
  /// Each example brings its own answers, which are described here.
  case perExample(String)
}

extension CausalTask {
  /// The names of all changes, the usual one first.
  public var changeNames: [String] { changes.map(\.rawValue) }

  /// Counterfactual examples drawn with seed 0.
  public func counterfactuals(
    changing change: Change, count: Int
  ) throws -> CounterfactualDataset<Input> {
    try counterfactuals(changing: change, count: count, seed: 0)
  }

  /// Counterfactual examples of the change with this name, one of `changeNames`.
  ///
  /// - Throws: `CausalModelError.unknownChange` for any other name.
  public func counterfactuals(
    changing changeName: String, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Input> {
    guard let change = changes.first(where: { $0.rawValue == changeName }) else {
      throw CausalModelError.unknownChange(changeName, task: name, known: changeNames)
    }
    return try counterfactuals(changing: change, count: count, seed: seed)
  }
}

extension CausalTask where Change: CausalChange {
  /// All changes.
  public var changes: [Change] { Array(Change.allCases) }
}

extension CausalTask where Input == Prompt {
  /// Different prompts with the answers that the causal model gives; another name for `inputs`.
  public func prompts(count: Int, seed: UInt64) throws -> [Prompt] {
    try inputs(count: count, seed: seed)
  }
}

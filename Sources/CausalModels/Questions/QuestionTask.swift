/// A task whose question is a document: everything follows from it.
public protocol QuestionTask: CausalTask where Input == Prompt {
  /// The document.
  var question: Question { get }
}

extension QuestionTask {
  /// The task's name on the command line.
  public var name: String { question.name }
  /// The task in one sentence.
  public var summary: String { question.summary }
  /// The answers that are compared.
  public var answerKind: AnswerKind { question.answerKind }
  /// The kind of thing that train and test data should not share.
  public var group: GroupKind { question.group }
  /// The high-level causal model; every answer and label is its output.
  public var causalModel: CausalModel { get throws { try question.causalModel } }

  /// Different prompts with their answers, balanced and in a random order that the seed decides.
  ///
  /// - Throws: `CausalModelError` when the count is not positive or exceeds what the task can make.
  public func inputs(count: Int, seed: UInt64) throws -> [Prompt] {
    try question.inputs(count: count, seed: seed)
  }

  /// Different pairs, balanced and in a random order that the seed decides.
  ///
  /// - Throws: `CausalModelError` when the count is not positive or exceeds what the task can make.
  public func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Prompt> {
    try question.counterfactuals(
      changing: Question.Change(rawValue: change.rawValue), count: count, seed: seed)
  }
}

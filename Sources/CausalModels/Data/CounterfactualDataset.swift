import InterchangeBasics

/// Counterfactual examples of one task that change the same variables.
public struct CounterfactualDataset<Input: ExampleInput>: RandomAccessCollection, Sendable {
  /// The task's command-line name.
  public let task: String
  /// The name of the change, such as "subjectNumber".
  public let changing: String
  /// The examples, in a random order that the seed decided.
  public let examples: [CounterfactualExample<Input>]
  /// The split that gave this part, or `nil` for data that are whole.
  public let splitRecord: SplitRecord?

  /// A data set of these examples.
  public init(
    task: String, changing: String, examples: [CounterfactualExample<Input>],
    splitRecord: SplitRecord? = nil
  ) {
    self.task = task
    self.changing = changing
    self.examples = examples
    self.splitRecord = splitRecord
  }

  /// The first example's index, 0.
  public var startIndex: Int { 0 }
  /// The number of examples.
  public var endIndex: Int { examples.count }
  /// The example at this index.
  public subscript(position: Int) -> CounterfactualExample<Input> { examples[position] }

  /// The members of a group that occur in any example.
  public func members(of kind: GroupKind) -> Set<String> {
    reduce(into: []) { $0.formUnion($1.members(of: kind)) }
  }

  /// The examples for which the condition holds, such as those whose inputs a network solves.
  public func filtered(
    _ isIncluded: (CounterfactualExample<Input>) throws -> Bool
  ) rethrows -> CounterfactualDataset {
    with(try examples.filter(isIncluded), splitRecord: splitRecord)
  }

  /// A control: every example gets another example's sources and keeps its label.
  ///
  /// A network that is read with these sources has no way to know the label. Sources move in one
  /// random cycle, so that none stays where it was (unless there is only one example).
  public func shufflingSources(seed: UInt64 = 0) -> CounterfactualDataset {
    var generator = SplitMix64(seed: seed)
    var order = Array(examples.indices)
    // Sattolo's algorithm: a uniformly random permutation that is a single cycle.
    for index in order.indices.dropFirst().reversed() {
      order.swapAt(index, Int.random(in: 0..<index, using: &generator))
    }
    let shuffled = zip(examples, order).map { example, other in
      example.replacingSources(examples[other].sources)
    }
    return with(shuffled, splitRecord: splitRecord)
  }

  func with(
    _ examples: [CounterfactualExample<Input>], splitRecord: SplitRecord?
  ) -> CounterfactualDataset {
    CounterfactualDataset(
      task: task, changing: changing, examples: examples, splitRecord: splitRecord)
  }
}

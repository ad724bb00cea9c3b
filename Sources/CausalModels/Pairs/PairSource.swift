/// A place that an experiment's pairs come from: a task, a question document, a file of pairs, a
/// published set.
public protocol PairSource: Sendable {
  /// The name for records and figures.
  var name: String { get }
  /// What an interchange can change, the usual one first.
  var variables: [String] { get }
  /// The number of pairs that it asks for by itself.
  var usualCount: Int? { get }

  /// The pairs to fit on and those to measure on.
  ///
  /// - Throws: `CausalModelError` for a variable that it doesn't have, or too few pairs.
  func parts(_ wish: PairWish) throws -> PairParts
}

extension PairSource {
  /// None.
  public var usualCount: Int? { nil }

  /// The variable that is asked for, or the usual one.
  ///
  /// - Throws: `CausalModelError.unknownChange` for one that it doesn't have.
  public func variable(_ wish: PairWish) throws -> String {
    guard let wanted = wish.variable else { return variables[0] }
    guard variables.contains(wanted) else {
      throw CausalModelError.unknownChange(wanted, task: name, known: variables)
    }
    return wanted
  }
}

/// The pairs that an experiment asks for.
public struct PairWish: Sendable {
  /// The name of what an interchange changes; the usual variable when nil.
  public var variable: String?
  /// Pairs in all.
  public var count: Int
  /// The share of pairs to fit on, where the source doesn't say itself.
  public var trainShare: Double
  /// The seed of draws and of the split.
  public var seed: UInt64

  /// A wish.
  public init(
    variable: String? = nil, count: Int = 512, trainShare: Double = 0.7, seed: UInt64 = 0
  ) {
    (self.variable, self.count) = (variable, count)
    (self.trainShare, self.seed) = (trainShare, seed)
  }
}

/// The pairs to fit on and those to measure on, and what was left out.
public struct PairParts: Sendable {
  /// The name of what an interchange changes.
  public var variable: String
  /// The kind of thing that the parts don't share.
  public var disjoint: String
  /// The pairs to fit on.
  public var train: [TextPair]
  /// The pairs to measure on.
  public var test: [TextPair]
  /// The numbers of pairs that were left out, by their reason.
  public var dropped: [String: Int]
  /// What a user should know, a line each.
  public var notes: [String]

  /// Parts.
  public init(
    variable: String, disjoint: String, train: [TextPair], test: [TextPair],
    dropped: [String: Int] = [:], notes: [String] = []
  ) {
    (self.variable, self.disjoint) = (variable, disjoint)
    (self.train, self.test, self.dropped, self.notes) = (train, test, dropped, notes)
  }
}

/// The pairs of a task.
public struct TaskPairs: PairSource {
  /// The task.
  public let task: any CausalTask<Prompt>
  public let usualCount: Int?

  /// The pairs of any task.
  public init(_ task: any CausalTask<Prompt>) {
    self.task = task
    usualCount = (task as? Question)?.pairs
  }

  public var name: String { task.name }
  public var variables: [String] { task.changeNames }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    func drawn(_ count: Int) throws -> CounterfactualDataset<Prompt> {
      try task.counterfactuals(changing: variable, count: count, seed: wish.seed)
    }
    var notes: [String] = []
    let examples: CounterfactualDataset<Prompt>
    do {
      examples = try drawn(wish.count)
    } catch CausalModelError.notEnoughExamples(_, let asked, let found) where found > 1 {
      examples = try drawn(found)
      notes = ["\(task.name) has \(found) different pairs, not \(asked)"]
    }
    let parts = try examples.split(
      disjoint: task.group, fraction: wish.trainShare, seed: wish.seed)
    let mixed = parts.train.splitRecord?.dropped ?? 0
    return PairParts(
      variable: variable, disjoint: task.group.rawValue, train: parts.train.pairs,
      test: parts.test.pairs,
      dropped: mixed > 0 ? ["mix \(task.group) of both parts": mixed] : [:], notes: notes)
  }
}

import InterchangeBasics

/// Hierarchical equality: is (a = b) the same truth value as (c = d)?
///
/// The input is four objects, each a vector drawn uniformly from (−1, 1), side by side; with the
/// usual width of 4 that is `[16]`. Objects are new in every example, so test objects never occur
/// in training. The task is from Geiger et al. 2023, "Finding alignments between interpretable
/// causal variables and distributed neural representations" (arXiv 2303.02536): networks are found
/// to compute both equalities and not to keep the identity of the first argument.
public struct HierarchicalEquality: CausalTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The truth value of a = b.
    case leftEqual
    /// The truth value of c = d.
    case rightEqual
    /// Both equalities, each from its own source.
    case bothEqual
    /// The identity of the object a.
    case firstArgument

    /// The variables that are set, each from its own source.
    public var variables: [String] {
      switch self {
      case .leftEqual: ["leftEqual"]
      case .rightEqual: ["rightEqual"]
      case .bothEqual: ["leftEqual", "rightEqual"]
      case .firstArgument: ["a"]
      }
    }
  }

  /// The answers, in the order of a classifier's two classes.
  public static let answers = ["false", "true"]

  /// The task's name on the command line.
  public let name = "equality"
  /// The task in one sentence.
  public let summary = "Hierarchical equality: is (a = b) the same truth value as (c = d)?"
  /// The two truth values.
  public let answerKind = AnswerKind.fixed(Self.answers)
  /// Objects; all examples have their own.
  public let group = GroupKind.objects
  /// The width of an object's vector.
  public let objectWidth: Int

  /// The task over objects of this width, at least 1.
  public init(objectWidth: Int = 4) {
    require(objectWidth > 0, "object width \(objectWidth) is not positive")
    self.objectWidth = objectWidth
  }

  /// The width of a network's input: four objects.
  public var inputWidth: Int { 4 * objectWidth }

  /// Four inputs, the identities of a, b, c and d; two equalities; the equality of these.
  public var causalModel: CausalModel {
    get throws {
      // The document's answer is a word after a prompt; a classifier's is the truth value.
      try EqualityOfWords().question.openModel(output: "match")
    }
  }

  /// Inputs with their labels, for training a network: each of the four combinations of the two
  /// equalities makes a quarter, so half the labels are true.
  public func inputs(count: Int, seed: UInt64) throws -> [VectorInput] {
    let model = try causalModel
    var generator = SplitMix64(seed: seed)
    var objects = ObjectSource(width: objectWidth)
    return try DrawPlan(task: name, choices: 2, pools: 1).draw(count, using: &generator) {
      slot, generator in
      try input(
        left: objects.pair(equal: slot.choice(0), using: &generator),
        right: objects.pair(equal: slot.choice(1), using: &generator), model: model)
    }
  }

  /// Pairs (or, for both equalities, triples) of inputs in which every combination of the base's
  /// and the sources' equalities is equally frequent: half the labels are true, and half the
  /// interchanges change the answer.
  ///
  /// To change the first argument, the source's first object is the base's second in half of the
  /// examples; otherwise its identity would always make a ≠ b.
  public func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<VectorInput> {
    let model = try causalModel
    var generator = SplitMix64(seed: seed)
    var objects = ObjectSource(width: objectWidth)
    let choices =
      switch change {
      case .leftEqual, .rightEqual: 4
      case .firstArgument: 5
      case .bothEqual: 6
      }
    let plan = DrawPlan(task: name, choices: choices, pools: 1)
    let examples = try plan.draw(count, using: &generator) { slot, generator in
      let baseLeft = objects.pair(equal: slot.choice(0), using: &generator)
      let baseRight = objects.pair(equal: slot.choice(1), using: &generator)
      // Only the first argument's change shares an object between base and source.
      let first = change == .firstArgument && slot.choice(4) ? baseLeft.1 : nil
      var sources: [VectorInput] = []
      for source in change.variables.indices {
        let left = objects.pair(
          equal: slot.choice(2 + 2 * source), first: first, using: &generator)
        let right = objects.pair(equal: slot.choice(3 + 2 * source), using: &generator)
        sources.append(try input(left: left, right: right, model: model))
      }
      return try CounterfactualExample(
        base: input(left: baseLeft, right: baseRight, model: model), sources: sources,
        variables: change.variables, answers: Self.answers, model: model)
    }
    return CounterfactualDataset(task: name, changing: change.rawValue, examples: examples)
  }

  private func input(
    left: (Object, Object), right: (Object, Object), model: CausalModel
  ) throws -> VectorInput {
    let objects = [left.0, left.1, right.0, right.1]
    let setting: Setting = [
      "a": .int(left.0.identity), "b": .int(left.1.identity),
      "c": .int(right.0.identity), "d": .int(right.1.identity),
    ]
    return VectorInput(
      values: objects.flatMap(\.vector), setting: setting, answer: try model.answer(setting),
      groups: [.objects: Set(objects.map { String($0.identity) })])
  }
}

/// An object of the equality task: its identity and the vector that a network sees.
private struct Object {
  let identity: Int
  /// `[objectWidth]`
  let vector: [Float]
}

/// Makes objects that never occurred before.
private struct ObjectSource {
  let width: Int
  private var count = 0

  init(width: Int) { self.width = width }

  mutating func new(using generator: inout SplitMix64) -> Object {
    count += 1
    let vector = (0..<width).map { _ in Float.random(in: -1..<1, using: &generator) }
    return Object(identity: count, vector: vector)
  }

  /// A pair of the same object or of two, beginning with the one given or with a new one.
  mutating func pair(
    equal: Bool, first: Object? = nil, using generator: inout SplitMix64
  ) -> (Object, Object) {
    let first = first ?? new(using: &generator)
    return (first, equal ? first : new(using: &generator))
  }
}

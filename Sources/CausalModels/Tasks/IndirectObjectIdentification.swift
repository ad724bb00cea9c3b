import InterchangeBasics

/// Indirect object identification: "When Mary and John went to the store, John gave a drink to" →
/// " Mary".
///
/// Two people come together, one of them (the subject, named again) gives something, and the other
/// (the indirect object) gets it (Wang et al. 2022, arXiv 2211.00593). All prompts have the same
/// number of words.
public struct IndirectObjectIdentification: CausalTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The place of the name that is repeated; the source has the base's names, in the same order.
    case subjectPosition
    /// The person who gets the thing; the source has two other names.
    case indirectObject
  }

  /// The task's name on the command line.
  public let name = "ioi"
  /// The task in one sentence.
  public let summary = """
    Indirect object identification: \
    When Mary and John went to the store, John gave a drink to -> Mary
    """
  /// Two names.
  public let answerKind = AnswerKind.perExample("the base's and the source's answer")
  /// Given names.
  public let group = GroupKind.names

  /// The names of people that occur.
  public static let names = GivenNames.male + GivenNames.female

  /// The task.
  public init() {}

  /// The subject's position picks the subject out of the two names, and the indirect object is the
  /// other one.
  public var causalModel: CausalModel {
    get throws {
      let names = Self.names.map { CausalValue.string(" " + $0) }
      return try CausalModel(
        [
          .input("firstName", values: names), .input("secondName", values: names),
          .input("subjectPosition", values: Position.allCases.map(\.value)),
          .mechanism("subject", of: "subjectPosition", "firstName", "secondName") {
            $0[0] == Position.first.value ? $0[1] : $0[2]
          },
          .mechanism("indirectObject", of: "subjectPosition", "firstName", "secondName") {
            $0[0] == Position.first.value ? $0[2] : $0[1]
          },
        ], output: "indirectObject")
    }
  }

  /// Prompts in which the first and the second name are repeated equally often.
  public func inputs(count: Int, seed: UInt64) throws -> [Prompt] {
    let sentences = try Sentences(model: causalModel, templates: Self.templates)
    var generator = SplitMix64(seed: seed)
    return try DrawPlan(task: name, choices: 1, pools: 1).draw(count, using: &generator) {
      slot, generator in
      let names = Self.names.drawn(2, using: &generator)
      return try sentences.prompt(
        sentences.templates.drawn(using: &generator), names: (names[0], names[1]),
        subject: Position(isSecond: slot.choice(0)), using: &generator)
    }
  }

  /// Pairs of one template with places and things of their own; the interchange always changes the
  /// answer, and positions are balanced.
  public func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Prompt> {
    let sentences = try Sentences(model: causalModel, templates: Self.templates)
    var generator = SplitMix64(seed: seed)
    let pools = Self.names.dealt(into: DrawPlan.poolCount, using: &generator)
    let choices = change == .indirectObject ? 2 : 1
    let plan = DrawPlan(task: name, choices: choices, pools: pools.count)
    let examples = try plan.draw(count, using: &generator) { slot, generator in
      let names = pools[slot.pool].drawn(4, using: &generator)
      let template = sentences.templates.drawn(using: &generator)
      let base = try sentences.prompt(
        template, names: (names[0], names[1]), subject: Position(isSecond: slot.choice(0)),
        using: &generator)
      let source =
        switch change {
        case .subjectPosition:
          try sentences.prompt(
            template, names: (names[0], names[1]), subject: Position(isSecond: !slot.choice(0)),
            using: &generator)
        case .indirectObject:
          try sentences.prompt(
            template, names: (names[2], names[3]), subject: Position(isSecond: slot.choice(1)),
            using: &generator)
        }
      // With the base's names in the source, its answer is the base's other name.
      return try CounterfactualExample(
        base: base, sources: [source], variables: change.variables,
        answers: [base.answer, source.answer], model: sentences.model)
    }
    return CounterfactualDataset(task: name, changing: change.rawValue, examples: examples)
  }

  private static var templates: [Template] {
    get throws {
      try openings.flatMap { opening in
        try movements.flatMap { movement in
          try transfers.map { transfer in
            try Template(
              "\(opening) {name A} and {name B} \(movement) the {place}, "
                + "{subject repeat} \(transfer) a {object} to")
          }
        }
      }
    }
  }

  private static let openings = ["When", "After"]
  private static let movements = ["went to", "walked to", "drove to", "met at", "arrived at"]
  private static let transfers = ["gave", "handed"]
  fileprivate static let places = [
    "store", "garden", "restaurant", "school", "hospital", "office", "house", "station", "library",
    "park", "market", "beach", "museum", "hotel", "farm", "airport", "theater", "church", "zoo",
    "shop",
  ]
  fileprivate static let objects = [
    "ring", "book", "letter", "ball", "gift", "flower", "map", "phone", "cake", "key", "ticket",
    "bottle", "hat", "camera", "watch", "picture", "card", "coin", "drink", "snack",
  ]
}

/// The one of the two names that is the subject.
private enum Position: String, CaseIterable {
  case first
  case second

  init(isSecond: Bool) { self = isSecond ? .second : .first }

  var value: CausalValue { .string(rawValue) }
}

/// Makes the task's prompts.
private struct Sentences {
  let model: CausalModel
  let templates: [Template]

  func prompt(
    _ template: Template, names: (first: String, second: String), subject: Position,
    using generator: inout SplitMix64
  ) throws -> Prompt {
    let setting: Setting = [
      // Names have their leading space here, as in the model's answers.
      "firstName": .string(" " + names.first), "secondName": .string(" " + names.second),
      "subjectPosition": subject.value,
    ]
    return try template.prompt(
      [
        "name A": names.first, "name B": names.second,
        "subject repeat": subject == .first ? names.first : names.second,
        "place": IndirectObjectIdentification.places.drawn(using: &generator),
        "object": IndirectObjectIdentification.objects.drawn(using: &generator),
      ], setting: setting, model: model, groups: [.names: [names.first, names.second]])
  }
}

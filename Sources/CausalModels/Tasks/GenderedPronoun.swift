import InterchangeBasics

/// Gendered pronouns: "My friend John was tired because" → " he".
///
/// All prompts have the same number of words, with the name in third place, and no word but the
/// name tells the gender.
public struct GenderedPronoun: CausalTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The gender of the name.
    case gender
  }

  /// The two pronouns.
  public static let answers = [" he", " she"]

  /// The task's name on the command line.
  public let name = "pronoun"
  /// The task in one sentence.
  public let summary = "Gendered pronoun: My friend John was tired because -> he"
  /// The two pronouns.
  public let answerKind = AnswerKind.fixed(Self.answers)
  /// Given names.
  public let group = GroupKind.names

  /// The task.
  public init() {}

  /// The name decides the gender, and the gender the pronoun.
  public var causalModel: CausalModel {
    get throws {
      let names = GivenNames.male + GivenNames.female
      var genders: [CausalValue: CausalValue] = [:]
      for name in GivenNames.male { genders[.string(name)] = "male" }
      for name in GivenNames.female { genders[.string(name)] = "female" }
      return try CausalModel(
        [
          .input("name", values: names.map(CausalValue.string)),
          .table("gender", of: "name", genders),
          .table(
            "pronoun", of: "gender",
            ["male": .string(Self.answers[0]), "female": .string(Self.answers[1])]),
        ], output: "pronoun")
    }
  }

  /// Prompts of which half have a woman's name.
  public func inputs(count: Int, seed: UInt64) throws -> [Prompt] {
    let model = try causalModel
    let templates = try templates
    var generator = SplitMix64(seed: seed)
    return try DrawPlan(task: name, choices: 1, pools: 1).draw(count, using: &generator) {
      slot, generator in
      let names = slot.choice(0) ? GivenNames.female : GivenNames.male
      return try prompt(
        templates.drawn(using: &generator), Self.relations.drawn(using: &generator),
        name: names.drawn(using: &generator), model: model)
    }
  }

  /// Pairs of one sentence with names of different gender, so that the interchange always changes
  /// the answer; half the bases have a woman's name.
  public func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Prompt> {
    let model = try causalModel
    let templates = try templates
    var generator = SplitMix64(seed: seed)
    let male = GivenNames.male.dealt(into: DrawPlan.poolCount, using: &generator)
    let female = GivenNames.female.dealt(into: DrawPlan.poolCount, using: &generator)
    let plan = DrawPlan(task: name, choices: 1, pools: DrawPlan.poolCount)
    let examples = try plan.draw(count, using: &generator) { slot, generator in
      let template = templates.drawn(using: &generator)
      let relation = Self.relations.drawn(using: &generator)
      let names = [
        male[slot.pool].drawn(using: &generator), female[slot.pool].drawn(using: &generator),
      ]
      let (base, source) = slot.choice(0) ? (names[1], names[0]) : (names[0], names[1])
      return try CounterfactualExample(
        base: prompt(template, relation, name: base, model: model),
        sources: [prompt(template, relation, name: source, model: model)],
        variables: change.variables, answers: Self.answers, model: model)
    }
    return CounterfactualDataset(task: name, changing: change.rawValue, examples: examples)
  }

  private func prompt(
    _ template: Template, _ relation: String, name: String, model: CausalModel
  ) throws -> Prompt {
    try template.prompt(
      ["relation": relation, "name": name], setting: ["name": .string(name)], model: model,
      groups: [.names: [name]])
  }

  private var templates: [Template] {
    get throws { try Self.happenings.map { try Template("My {relation} {name} \($0) because") } }
  }

  private static let relations = [
    "friend", "neighbor", "colleague", "classmate", "partner", "teacher", "doctor", "student",
  ]

  private static let happenings = [
    "was tired", "was happy", "was late", "was upset", "was angry", "was worried", "went home",
    "stayed home", "walked home", "left early", "felt sick",
  ]
}

import InterchangeBasics

/// Countries and their capitals: "The capital of France is" → " Paris".
///
/// Countries and capitals are single tokens after a space in the usual byte-level vocabularies, so
/// all prompts of one frame correspond position by position.
public struct CountryCapitals: CausalTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The country in question.
    case country
  }

  /// The task's name on the command line.
  public let name = "capitals"
  /// The task in one sentence.
  public let summary = "Country and capital: The capital of France is -> Paris"
  /// Two capitals.
  public let answerKind = AnswerKind.perExample("the base's and the source's capital")
  /// Countries.
  public let group = GroupKind.entities
  /// The words before the statement.
  public let frame: SentenceFrame

  /// The task with sentences in this frame.
  public init(frame: SentenceFrame = .clause) {
    self.frame = frame
  }

  /// The capital is looked up by the country.
  public var causalModel: CausalModel {
    get throws {
      var capitals: [CausalValue: CausalValue] = [:]
      for (country, capital) in Self.capitals {
        capitals[.string(country)] = .string(" " + capital)
      }
      return try CausalModel(
        [
          .input("country", values: Self.countries.map(CausalValue.string)),
          .table("capital", of: "country", capitals),
        ], output: "capital")
    }
  }

  /// Prompts about countries drawn at random.
  public func inputs(count: Int, seed: UInt64) throws -> [Prompt] {
    let model = try causalModel
    let templates = try templates
    var generator = SplitMix64(seed: seed)
    return try DrawPlan(task: name, choices: 0, pools: 1).draw(count, using: &generator) {
      _, generator in
      try prompt(
        templates.drawn(using: &generator), Self.countries.drawn(using: &generator), model: model)
    }
  }

  /// Pairs of one sentence with two countries, so that the interchange always changes the answer.
  public func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Prompt> {
    let model = try causalModel
    let templates = try templates
    var generator = SplitMix64(seed: seed)
    let pools = Self.countries.dealt(into: Self.poolCount, using: &generator)
    let plan = DrawPlan(task: name, choices: 0, pools: pools.count)
    let examples = try plan.draw(count, using: &generator) { slot, generator in
      let countries = pools[slot.pool].drawn(2, using: &generator)
      let template = templates.drawn(using: &generator)
      let base = try prompt(template, countries[0], model: model)
      let source = try prompt(template, countries[1], model: model)
      return try CounterfactualExample(
        base: base, sources: [source], variables: change.variables,
        answers: [base.answer, source.answer], model: model)
    }
    return CounterfactualDataset(task: name, changing: change.rawValue, examples: examples)
  }

  private func prompt(_ template: Template, _ country: String, model: CausalModel) throws -> Prompt
  {
    try template.prompt(
      ["country": country], setting: ["country": .string(country)], model: model,
      groups: [.entities: [country]])
  }

  private var templates: [Template] {
    get throws {
      try frame.openings.map {
        try Template("\($0.isEmpty ? "The" : $0 + " the") capital of {country} is")
      }
    }
  }

  /// Larger pools than other tasks have, since there are fewer countries than names to pair up.
  private static let poolCount = 4

  /// The countries that occur.
  public static let countries = capitals.map(\.country)

  private static let capitals: [(country: String, capital: String)] = [
    ("Afghanistan", "Kabul"), ("Australia", "Canberra"), ("Austria", "Vienna"),
    ("Belgium", "Brussels"), ("Bulgaria", "Sofia"), ("Canada", "Ottawa"), ("Chile", "Santiago"),
    ("China", "Beijing"), ("Cuba", "Havana"), ("Denmark", "Copenhagen"), ("Egypt", "Cairo"),
    ("England", "London"), ("Finland", "Helsinki"), ("France", "Paris"), ("Germany", "Berlin"),
    ("Greece", "Athens"), ("Hungary", "Budapest"), ("Iran", "Tehran"), ("Iraq", "Baghdad"),
    ("Ireland", "Dublin"), ("Israel", "Jerusalem"), ("Italy", "Rome"), ("Jamaica", "Kingston"),
    ("Japan", "Tokyo"), ("Kenya", "Nairobi"), ("Netherlands", "Amsterdam"), ("Norway", "Oslo"),
    ("Peru", "Lima"), ("Poland", "Warsaw"), ("Portugal", "Lisbon"), ("Russia", "Moscow"),
    ("Scotland", "Edinburgh"), ("Spain", "Madrid"), ("Sweden", "Stockholm"),
    ("Switzerland", "Bern"), ("Syria", "Damascus"), ("Tunisia", "Tunis"), ("Wales", "Cardiff"),
  ]
}

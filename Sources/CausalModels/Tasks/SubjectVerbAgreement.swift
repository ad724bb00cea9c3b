import InterchangeBasics

/// Subject–verb agreement with an attractor: "The key near the cabinets" → " is".
///
/// The sentence stops before the verb, whose number is the subject's. A second noun, the attractor,
/// is between them with a number of its own (Linzen, Dupoux and Goldberg 2016, arXiv 1611.01368).
/// All prompts of one frame have the same number of words, and the words are single tokens in the
/// usual byte-level vocabularies, so positions correspond between prompts.
public struct SubjectVerbAgreement: CausalTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The subject's number, singular or plural.
    case subjectNumber
  }

  /// The two verbs; the first is the singular one.
  public static let answers = [" is", " are"]

  /// The task's name on the command line.
  public let name = "agreement"
  /// The task in one sentence.
  public let summary = "Subject-verb agreement with an attractor: The key near the cabinets -> is"
  /// The two verbs.
  public let answerKind = AnswerKind.fixed(Self.answers)
  /// Nouns, subjects and attractors alike.
  public let group = GroupKind.nouns
  /// The words before the subject.
  public let frame: SentenceFrame

  /// The task with sentences in this frame.
  public init(frame: SentenceFrame = .clause) {
    self.frame = frame
  }

  /// The verb is a function of the subject's number; the attractor has no say.
  public var causalModel: CausalModel {
    get throws {
      let nouns = Self.nouns.map(CausalValue.string)
      let numbers = Number.allCases.map(\.value)
      return try CausalModel(
        [
          .input("subject", values: nouns), .input("subjectNumber", values: numbers),
          .input("attractor", values: nouns), .input("attractorNumber", values: numbers),
          .table(
            "verb", of: "subjectNumber",
            [
              Number.singular.value: .string(Self.answers[0]),
              Number.plural.value: .string(Self.answers[1]),
            ]),
        ], output: "verb")
    }
  }

  /// Prompts in which the subject's and the attractor's number are balanced and independent.
  public func inputs(count: Int, seed: UInt64) throws -> [Prompt] {
    let sentences = try Sentences(model: causalModel, templates: templates)
    var generator = SplitMix64(seed: seed)
    return try DrawPlan(task: name, choices: 2, pools: 1).draw(count, using: &generator) {
      slot, generator in
      let nouns = Self.nouns.drawn(2, using: &generator)
      return try sentences.prompt(
        sentences.templates.drawn(using: &generator), Self.prepositions.drawn(using: &generator),
        subject: (nouns[0], Number(isPlural: slot.choice(0))),
        attractor: (nouns[1], Number(isPlural: slot.choice(1))))
    }
  }

  /// Pairs with four different nouns whose subjects differ in number, so that the interchange
  /// always changes the answer; the attractors' numbers are balanced and independent.
  public func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Prompt> {
    let sentences = try Sentences(model: causalModel, templates: templates)
    var generator = SplitMix64(seed: seed)
    let pools = Self.nouns.dealt(into: DrawPlan.poolCount, using: &generator)
    let plan = DrawPlan(task: name, choices: 3, pools: pools.count)
    let examples = try plan.draw(count, using: &generator) { slot, generator in
      let nouns = pools[slot.pool].drawn(4, using: &generator)
      let template = sentences.templates.drawn(using: &generator)
      let preposition = Self.prepositions.drawn(using: &generator)
      let base = try sentences.prompt(
        template, preposition, subject: (nouns[0], Number(isPlural: slot.choice(0))),
        attractor: (nouns[1], Number(isPlural: slot.choice(1))))
      let source = try sentences.prompt(
        template, preposition, subject: (nouns[2], Number(isPlural: !slot.choice(0))),
        attractor: (nouns[3], Number(isPlural: slot.choice(2))))
      return try CounterfactualExample(
        base: base, sources: [source], variables: change.variables, answers: Self.answers,
        model: sentences.model)
    }
    return CounterfactualDataset(task: name, changing: change.rawValue, examples: examples)
  }

  private var templates: [Template] {
    get throws {
      try frame.openings.map {
        try Template("\($0.isEmpty ? "The" : $0 + " the") {subject} {preposition} the {attractor}")
      }
    }
  }
}

/// A noun's grammatical number.
private enum Number: String, CaseIterable {
  case singular
  case plural

  init(isPlural: Bool) { self = isPlural ? .plural : .singular }

  var value: CausalValue { .string(rawValue) }

  func inflect(_ noun: String) -> String { self == .plural ? noun + "s" : noun }
}

/// Makes the prompts of one task value.
private struct Sentences {
  let model: CausalModel
  let templates: [Template]

  func prompt(
    _ template: Template, _ preposition: String, subject: (noun: String, number: Number),
    attractor: (noun: String, number: Number)
  ) throws -> Prompt {
    try template.prompt(
      [
        "subject": subject.number.inflect(subject.noun), "preposition": preposition,
        "attractor": attractor.number.inflect(attractor.noun),
      ],
      setting: [
        "subject": .string(subject.noun), "subjectNumber": subject.number.value,
        "attractor": .string(attractor.noun), "attractorNumber": attractor.number.value,
      ],
      model: model, groups: [.nouns: [subject.noun, attractor.noun]])
  }
}

import InterchangeBasics

/// A question of one's own as a document: variables with their values, functions between them,
/// texts with named gaps, an answer, and what an interchange changes.
///
/// ```swift
/// let question = try Question(yaml: """
///   question: greater
///   variables:
///     a: {from: 1, to: 9}
///     b: {from: 1, to: 9}
///     greater: a > b
///   where: a != b
///   template: "Is {a} more than {b}? Answer:"
///   answer: 'if greater then " yes" else " no"'
///   change: greater
///   """)
/// let data = try question.counterfactuals(changing: "greater", count: 64, seed: 0)
/// ```
///
/// The functions are ``CausalExpression``s: nothing is executed. The same document and seed give
/// the same examples.
public struct Question: CausalTask {
  /// What an interchange changes: variables, each from a source of its own.
  public struct Change: TaskChange {
    /// The change's name.
    public let rawValue: String
    /// The variables that are set.
    public let variables: [String]
    /// The variables that have the same value in base and sources.
    public let same: [String]

    /// The change of one variable.
    public init(rawValue: String) { self.init(rawValue, variables: [rawValue], same: []) }

    init(_ name: String, variables: [String], same: [String]) {
      (rawValue, self.variables, self.same) = (name, variables, same)
    }
  }

  /// The question's name.
  public let name: String
  /// The question in one sentence.
  public let summary: String
  /// The changes that an interchange can make, the usual one first.
  public let changes: [Change]
  /// The kind of thing that train and test do not share.
  public let group: GroupKind
  /// The number of pairs that the document asks for.
  public let pairs: Int?
  /// The document as it was written.
  public let document: String

  let variables: [QuestionVariable]
  /// The texts with their gaps.
  public internal(set) var templates: [Template]
  /// The texts of gaps that aren't a variable's value.
  let words: [String: CausalExpression]
  /// The answers that are compared; nil for those of base, sources and interchange.
  let answers: [String]?
  /// The variables whose values are the group's members.
  let groupVariables: [String]
  let same: [String]
  let balance: [String]
  let conditions: [CausalExpression]
  let pools: Int?
  /// Whether pairs may be drawn whose answer the interchange doesn't change.
  let keepsAnswer: Bool
  /// Every variable.
  let fullModel: CausalModel
  let model: CausalModel
  let modelInputs: Set<String>

  /// The causal model: the variables that the answer depends on, and those that are changed,
  /// balanced or kept apart.
  public var causalModel: CausalModel { get throws { model } }

  /// The answers that are compared.
  public var answerKind: AnswerKind {
    answers.map(AnswerKind.fixed) ?? .perExample("the base's and the sources' answers")
  }

  /// The question with other texts; their gaps have to be known.
  ///
  /// - Throws: `CausalModelError.template` for a gap that is no variable and has no words.
  public func with(templates patterns: [String]) throws -> Question {
    var copy = self
    copy.templates = try patterns.map { try Template($0) }
    for template in copy.templates {
      if let gap = template.gaps.first(where: { gap in !knowsGap(gap) }) {
        throw CausalModelError.template(
          template.pattern, problem: "the gap '\(gap)' is no variable and has no words")
      }
    }
    return copy
  }

  private func knowsGap(_ gap: String) -> Bool {
    words[gap] != nil || fullModel.variables.contains(gap)
  }

  /// The values that a variable is drawn from; empty for a computed or unknown one.
  public func values(of variable: String) -> [CausalValue] {
    variables.first { $0.name == variable }?.values ?? []
  }

  /// The graph with inputs that may have any value, for networks over other things than words.
  func openModel(output: String) throws -> CausalModel {
    try CausalModel(
      variables.flatMap { variable in
        variable.values.isEmpty ? variable.causalVariables : [.input(variable.name)]
      }, output: output)
  }

  /// The names of all variables with their expressions; nil for those that are drawn.
  public var expressions: [(variable: String, expression: String?)] {
    variables.map { variable in
      if case .computed(let expression) = variable.kind { return (variable.name, expression.text) }
      return (variable.name, nil)
    }
  }

  /// Different prompts with the answers that the causal model gives.
  ///
  /// - Throws: `CausalModelError` when the count is not positive or exceeds what the question can
  ///   make.
  public func inputs(count: Int, seed: UInt64) throws -> [Prompt] {
    var generator = SplitMix64(seed: seed)
    let sampler = QuestionSampler(self, change: nil, count: count)
    return try sampler.explaining {
      try DrawPlan(task: name, cells: sampler.cells, pools: 1).draw(
        count, using: &generator, isFutile: { sampler.rejections.isFutile }
      ) { slot, generator in
        try sampler.draw(slot, pools: sampler.wholePools, using: &generator).map {
          try prompt($0.template, $0.settings[0])
        }
      }
    }
  }

  /// Different pairs, balanced and in a random order that the seed decides. Base and sources are
  /// of one text.
  ///
  /// - Throws: `CausalModelError` for a change that the question doesn't have, and when the count
  ///   is not positive or exceeds what the question can make.
  public func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Prompt> {
    guard let change = changes.first(where: { $0.rawValue == change.rawValue }) else {
      throw CausalModelError.unknownChange(change.rawValue, task: name, known: changeNames)
    }
    var generator = SplitMix64(seed: seed)
    let sampler = QuestionSampler(self, change: change, count: count)
    let pools = sampler.dealt(using: &generator)
    let examples = try sampler.explaining {
      try DrawPlan(task: name, cells: sampler.cells, pools: pools.count).draw(
        count, using: &generator, isFutile: { sampler.rejections.isFutile }
      ) { slot, generator in
        try sampler.draw(slot, pools: pools[slot.pool], using: &generator).flatMap {
          try pair($0.template, $0.settings, change, sampler.rejections)
        }
      }
    }
    return CounterfactualDataset(task: name, changing: change.rawValue, examples: examples)
  }

  /// - Parameter settings: of base and sources, all variables
  private func pair(
    _ template: Template, _ settings: [Setting], _ change: Change, _ rejections: Rejections
  ) throws -> CounterfactualExample<Prompt>? {
    let prompts = try settings.map { try prompt(template, $0) }
    var sources: [String: Setting] = [:]
    for (variable, source) in zip(change.variables, prompts.dropFirst()) {
      sources[variable] = source.setting
    }
    let label = try model.outputText(
      of: model.interchange(base: prompts[0].setting, sources: sources))
    guard keepsAnswer || label != prompts[0].answer else {
      rejections.count(
        "the interchange doesn't change the answer; with 'unchanged: true' it needn't")
      return nil
    }
    let said = prompts.map(\.answer) + [label]
    if let answers, let other = said.first(where: { !answers.contains($0) }) {
      rejections.count("'\(other)' is none of the answers")
      return nil
    }
    let seen = answers ?? said
    return try CounterfactualExample(
      base: prompts[0], sources: Array(prompts.dropFirst()), variables: change.variables,
      answers: seen.indices.filter { !seen[..<$0].contains(seen[$0]) }.map { seen[$0] },
      model: model)
  }

  private func prompt(_ template: Template, _ setting: Setting) throws -> Prompt {
    var filled: [String: String] = [:]
    for gap in template.gaps {
      filled[gap] = try (words[gap]?.value(setting) ?? setting[gap])?.description
    }
    let inputs = setting.filter { modelInputs.contains($0.key) }
    let (text, spans) = try template.fill(filled)
    let members =
      groupVariables.isEmpty
      ? [text] : Set(groupVariables.compactMap { setting[$0]?.description })
    return try Prompt(
      text: text, spans: spans, template: template.pattern, setting: inputs,
      answer: model.answer(inputs), groups: [group: members])
  }
}

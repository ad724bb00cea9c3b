/// One interchange question: the answer that base should have when variables are set to the values
/// they have on sources.
///
/// The label is the causal model's own answer to that question; nothing else writes it.
public struct CounterfactualExample<Input: ExampleInput>: Hashable, Sendable {
  /// The input that is run and changed.
  public let base: Input
  /// The inputs that values are taken from, one for each of `variables`.
  public let sources: [Input]
  /// The variables that are set; the first has its value from the first source, and so on.
  public let variables: [String]
  /// The causal model's answer under the interchange.
  public let label: String
  /// The answers to compare, the label among them.
  public let answers: [String]
  /// The label's place in `answers`; a classifier's class where the answers are fixed.
  public let labelIndex: Int

  /// The only source of an example that changes one variable, else the first of them.
  public var source: Input { sources[0] }

  /// True when the interchange changes the answer to base.
  public var changesAnswer: Bool { label != base.answer }

  /// The members of a group that occur in base or in a source.
  public func members(of kind: GroupKind) -> Set<String> {
    sources.reduce(base.groups[kind] ?? []) { $0.union($1.groups[kind] ?? []) }
  }

  /// An example whose label is the causal model's answer under the interchange.
  ///
  /// - Throws: `CausalModelError` when there is not one source for each variable (and at least
  ///   one), when the label is not among the answers, and as `CausalModel.interchange`.
  public init(
    base: Input, sources: [Input], variables: [String], answers: [String],
    model: CausalModel
  ) throws {
    guard !variables.isEmpty, sources.count == variables.count,
      Set(variables).count == variables.count
    else {
      throw CausalModelError.sourceCount(variables: variables, sources: sources.count)
    }
    var settings: [String: Setting] = [:]
    for (variable, source) in zip(variables, sources) { settings[variable] = source.setting }
    let outcome = try model.interchange(base: base.setting, sources: settings)
    let label = try model.outputText(of: outcome)
    guard let labelIndex = answers.firstIndex(of: label) else {
      throw CausalModelError.labelNotAmongAnswers(label: label, answers: answers)
    }
    self.init(
      base: base, sources: sources, variables: variables, label: label, answers: answers,
      labelIndex: labelIndex)
  }

  /// The same question with other sources and the old label, which they need not explain.
  func replacingSources(_ sources: [Input]) -> CounterfactualExample {
    CounterfactualExample(
      base: base, sources: sources, variables: variables, label: label, answers: answers,
      labelIndex: labelIndex)
  }

  private init(
    base: Input, sources: [Input], variables: [String], label: String, answers: [String],
    labelIndex: Int
  ) {
    self.base = base
    self.sources = sources
    self.variables = variables
    self.label = label
    self.answers = answers
    self.labelIndex = labelIndex
  }
}

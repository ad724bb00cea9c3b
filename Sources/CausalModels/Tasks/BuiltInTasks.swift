/// The tasks that come with the library, by their names on the command line.
public enum BuiltInTasks {
  /// The tasks for language models, each a document.
  public static let questions: [any QuestionTask] = [
    SubjectVerbAgreement(), IndirectObjectIdentification(), CountryCapitals(), GenderedPronoun(),
    GreaterThan(), MultipleChoice(), TwoDigitAddition(), EntityBinding(), EqualityOfWords(),
  ]

  /// The tasks for language models.
  public static var forLanguageModels: [any CausalTask<Prompt>] {
    func opened(_ task: some QuestionTask) -> any CausalTask<Prompt> { task }
    return questions.map { opened($0) }
  }

  /// The tasks for networks over vectors.
  public static let forVectors: [any CausalTask<VectorInput>] = [HierarchicalEquality()]

  /// The names of all tasks.
  public static var names: [String] {
    let names = forVectors.map(\.name) + forLanguageModels.map(\.name)
    return names.indices.filter { !names[..<$0].contains(names[$0]) }.map { names[$0] }
  }

  /// The language model task of this name.
  ///
  /// - Throws: `CausalModelError` for an unknown name, and for a task over vectors.
  public static func languageModelTask(named name: String) throws -> any CausalTask<Prompt> {
    try find(name, in: forLanguageModels.map { ($0.name, $0) }, expected: "text")
  }

  /// The task over vectors of this name.
  ///
  /// - Throws: `CausalModelError` for an unknown name, and for a task over text.
  public static func vectorTask(named name: String) throws -> any CausalTask<VectorInput> {
    try find(name, in: forVectors.map { ($0.name, $0) }, expected: "vector")
  }

  private static func find<Task>(
    _ name: String, in tasks: [(name: String, task: Task)], expected: String
  ) throws -> Task {
    if let found = tasks.first(where: { $0.name == name }) { return found.task }
    guard names.contains(name) else {
      throw CausalModelError.unknownTask(name, known: names)
    }
    throw CausalModelError.wrongInputKind(
      task: name, expected: expected, known: tasks.map(\.name))
  }
}

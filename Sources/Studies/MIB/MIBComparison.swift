import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels

/// A comparison of methods on the variables of tasks.
public struct MIBComparison {
  public var tasks: [MIBTask]
  /// The comparison of methods on each variable's pairs. Its sites have the same positions, and its
  /// seed is that of the pairs.
  public var comparison: AttributeComparison
  /// Pairs of each variable, before those go that the model doesn't solve.
  public var pairs = 384

  /// A comparison on some tasks.
  ///
  /// - Parameter comparison: of methods among
  ///   ``InterchangeAlignment/AttributeMethods/ofOneVariable``
  public init(tasks: [MIBTask], _ comparison: AttributeComparison) {
    (self.tasks, self.comparison) = (tasks, comparison)
  }

  /// Checks everything that can be checked without pairs.
  ///
  /// - Throws: `AlignmentError` or `ModelError` naming what doesn't fit.
  public func validate(_ model: LanguageModel) throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      !tasks.isEmpty && Set(tasks.map(\.name)).count == tasks.count, "tasks",
      "at least one, each once", tasks.map(\.name).joined(separator: ", "))
    try check(pairs >= 2 * AttributePairs.minimum, "pairs", "more", pairs)
    try comparison.validate(model, attributeCount: 1)
    let positions = Set(comparison.sites.map { "\($0.positions)" })
    try check(
      positions.count == 1, "positions", "the same at all sites",
      positions.sorted().joined(separator: ", "))
  }

  /// The scores of all methods on all variables. One that the model solves too few pairs of is left
  /// out, with the reason.
  ///
  /// - Parameters:
  ///   - store: the store of base runs at some sites
  ///   - progress: called with each step
  /// - Throws: `AlignmentError`, `ModelError` or `InterventionError` naming what doesn't fit.
  public func run(
    _ model: LanguageModel, store: ([Site]) -> ActivationStore = { ActivationStore(for: $0) },
    progress: (AttributeComparison.Event) -> Void = { _ in }
  ) throws -> MIBStudy {
    try validate(model)
    var (rows, omissions) = ([MIBStudy.Row](), [MIBStudy.Omission]())
    for task in tasks {
      for variable in task.variables {
        progress(.note("\(task.title), \(variable)"))
        do {
          rows.append(try row(task, variable, model, store, progress))
        } catch let error as AlignmentError {
          guard error.isAboutExamples else { throw error }
          progress(.note("left out: \(error)"))
          omissions.append(
            MIBStudy.Omission(task: task.title, variable: variable, reason: "\(error)"))
        }
      }
    }
    return MIBStudy(rows: rows, omissions: omissions)
  }

  private func row(
    _ task: MIBTask, _ variable: String, _ model: LanguageModel,
    _ store: ([Site]) -> ActivationStore, _ progress: (AttributeComparison.Event) -> Void
  ) throws -> MIBStudy.Row {
    let data = try TaskData(
      task.source, changing: variable, count: pairs, positions: comparison.sites[0].positions,
      for: model, store: store(comparison.sites), seed: comparison.training.seed)
    for note in data.notes { progress(.note(note)) }
    progress(.note("test: " + data.test.check.line))
    let result = try comparison.run(
      model, on: try AttributePairs(data), store: store, progress: progress)
    return MIBStudy.Row(
      task: task.title, variable: variable, site: comparison.place(result),
      choice: result.choice, train: data.train.check, test: data.test.check,
      methods: result.methods)
  }
}

extension AlignmentError {
  /// Tells whether there are too few pairs, and nothing is wrong with the settings.
  fileprivate var isAboutExamples: Bool {
    switch self {
    case .noExamples, .answerNotSingleToken: true
    default: false
    }
  }
}

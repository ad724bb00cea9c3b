import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels

/// A comparison of methods on the variables of tasks.
public struct MIBComparison {
  public var tasks: [MIBTask]
  /// The methods, each once; those of ``InterchangeAlignment/AttributeMethods/ofOneVariable``.
  public var methods = AttributeMethods.ofOneVariable
  /// The component whose vectors are read, by its name.
  public var component = "block_output"
  /// The positions that are swapped.
  public var positions: Positions = .last
  /// The layers among which each variable's is chosen: the first where a swap of the whole vector
  /// causes as much as anywhere on training pairs, within the interval of the difference.
  public var layers: [Int]
  /// Pairs of each variable, before those go that the model doesn't solve.
  public var pairs = 384
  /// The choices of methods.
  public var choices = AttributeMethodSettings()
  /// The training of fits; its seed is the first, and that of the pairs.
  public var training = AlignmentSettings()
  /// Fits from as many seeds, of methods that have any.
  public var seeds = 1
  /// Tells whether every method is also fitted to a randomly initialized model.
  public var hasRandomModel = true

  /// A comparison on some tasks.
  public init(tasks: [MIBTask], layers: [Int]) { (self.tasks, self.layers) = (tasks, layers) }

  /// Checks everything that can be checked without pairs.
  ///
  /// - Throws: `AlignmentError` or `ModelError` naming what doesn't fit.
  public func validate(_ model: LanguageModel) throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      !tasks.isEmpty && Set(tasks.map(\.name)).count == tasks.count, "tasks",
      "at least one, each once", tasks.map(\.name).joined(separator: ", "))
    try check(!layers.isEmpty, "layers", "at least one", "none")
    try check(pairs >= 2 * AttributePairs.minimum, "pairs", "more", pairs)
    for site in try sites() { try comparison(at: site).validate(model, attributeCount: 1) }
  }

  private func sites() throws -> [Site] {
    try layers.map { try Site(named: component, layer: $0, head: nil, positions) }
  }

  private func comparison(at site: Site) -> AttributeComparison {
    var comparison = AttributeComparison(site: site, methods: methods)
    (comparison.choices, comparison.training) = (choices, training)
    (comparison.seeds, comparison.hasRandomModel) = (seeds, hasRandomModel)
    return comparison
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
    let sites = try sites()
    let data = try TaskData(
      task.source, changing: variable, count: pairs, positions: positions, for: model,
      store: store(sites), seed: training.seed)
    for note in data.notes { progress(.note(note)) }
    progress(.note("test: " + data.test.check.line))
    let examples = try AttributePairs(data)
    let (scores, best) = try AttributeComparison.causes(at: sites, of: model, on: examples)
    progress(
      .note(
        "whole vector by layer: "
          + scores.map { "\($0.layer): \($0.cause.summary)" }.joined(separator: ", ")))
    // Later layers hold the answer itself rather than what it follows from.
    let most = scores[best].cause
    let chosen = scores.firstIndex { most.difference(from: $0.cause).lowerBound <= 0 } ?? best
    let site = sites[chosen]
    return MIBStudy.Row(
      task: task.title, variable: variable, site: site.description, layers: scores,
      train: data.train.check, test: data.test.check,
      methods: try comparison(at: site).run(
        model, on: examples, store: store([site]), progress: progress))
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

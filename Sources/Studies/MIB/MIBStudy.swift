import InterchangeAlignment
import InterchangeBasics
import InterchangeModels

/// The interchange accuracy of methods on the variables of some tasks, as MIB's track of causal
/// variables has it (Mueller et al. 2025, arXiv 2504.13151): which part of a vector, swapped, gives
/// the answer that the causal model says.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let sites = [15, 20, 25].map { Site.blockOutput($0, .last) }
/// let methods = AttributeComparison(sites: sites, methods: AttributeMethods.ofOneVariable)
/// let comparison = MIBComparison(tasks: [try MIBTask(parsing: "ioi")], methods)
/// let study = try comparison.run(model)
/// print(study.table.aligned)
/// ```
public struct MIBStudy: Codable, Sendable {
  /// The methods' scores on a variable of a task.
  public struct Row: Codable, Sendable {
    /// The task's title.
    public let task: String
    public let variable: String
    /// The place of the vectors.
    public let site: String
    /// The layers among which it was chosen for all methods; nil where it was given, and where
    /// each method has its own.
    public let choice: [AttributeComparison.SiteScore]?
    /// The check of the pairs to fit on, and of those to measure on.
    public let train: TaskExamples.Check
    public let test: TaskExamples.Check
    /// The methods in the order in which they were asked for, measured on the part `test`.
    public let methods: [AttributeMethodScores]

    private enum CodingKeys: String, CodingKey {
      case task, variable, site, train, test, methods
      case choice = "layers"
    }
  }

  /// A variable that couldn't be measured.
  public struct Omission: Codable, Sendable, Equatable {
    public let task: String
    public let variable: String
    /// The reason, a sentence.
    public let reason: String
  }

  /// One for each variable of each task.
  public let rows: [Row]
  /// Variables without a row, such as those of a task that the model doesn't solve.
  public let omissions: [Omission]

  /// The scores of some variables.
  public init(rows: [Row], omissions: [Omission]) {
    (self.rows, self.omissions) = (rows, omissions)
  }

  private enum CodingKeys: String, CodingKey {
    case rows, omissions
  }

  /// Reads rows, each of at least one method.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    rows = try values.decode([Row].self, forKey: .rows)
    omissions = try values.decode([Omission].self, forKey: .omissions)
    guard rows.allSatisfy({ !$0.methods.isEmpty && $0.methods.allSatisfy { !$0.runs.isEmpty } })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .rows, in: values, debugDescription: "expected a run of at least one method")
    }
  }
}

extension MIBStudy.Row {
  /// The task with its variable, without the kind of counterfactual.
  var title: String { "\(task), \(variable.prefix { $0 != " " })" }

  /// The share of test pairs that the most frequent label alone would get.
  var constantAnswer: Double? {
    let all = test.labels.values.reduce(0, +)
    return all == 0 ? nil : Double(test.labels.values.max() ?? 0) / Double(all)
  }

  /// Tells whether the model answers bases no more often rightly than the most frequent label
  /// would, by the interval: then the pairs are left by chance.
  var isUnsolved: Bool {
    guard let constantAnswer, let accuracy = test.baseAccuracy else { return false }
    return accuracy.interval[0] <= constantAnswer
  }
}

import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning

/// A data set as a fine-tuning uses it: examples to train on, to choose by, and to measure at the
/// end.
public struct FineTuningData {
  public let task: EvaluationTask
  public let train: [TaskExample]
  /// Taken out of the training examples; nothing is asked in both.
  public let development: [TaskExample]
  /// Of the data set's own test part; empty where there is none.
  public let test: [TaskExample]

  /// The choices in reading and cutting a data set.
  public struct Options: Sendable {
    /// The prompt's template; the task's own when nil.
    public var template: PromptTemplate?
    /// Training examples at most, a fixed choice; all when nil.
    public var trainLimit: Int?
    /// Test examples at most, a fixed choice; all when nil.
    public var testLimit: Int?
    /// The share of the training examples that is kept for the development measure.
    public var developmentShare = 0.1
    /// The share of a single file's examples that is kept for the final measure, when there is no
    /// other file to measure on.
    public var testShare = 0.0
    /// Tells whether training examples whose own completion doesn't end in the right answer are
    /// left out.
    public var onlyConsistent = false
    /// The kind of labels that texts have; what follows from them when nil.
    public var labels: LabelKind?

    public init() {}
  }

  init(
    task: EvaluationTask, train: [TaskExample], development: [TaskExample], test: [TaskExample]
  ) {
    (self.task, self.train, self.development, self.test) = (task, train, development, test)
  }

  /// Reads a data set.
  ///
  /// - Parameters:
  ///   - path: a file to train on, or a folder with a file for each part
  ///   - testPath: a file to measure on; the folder's test part (or its development part) when nil
  /// - Throws: `FineTuningError` naming the file, the line and the reason.
  public init(_ path: String, testPath: String? = nil, options: Options = Options()) throws {
    let source = try DataSource(path)
    var train = try source.examples()
    if let kind = options.labels { train = try train.labelled(as: kind) }
    let kind = train.labelKind
    var task = EvaluationTask(source, train)
    if let template = options.template { task.template = template }
    if options.onlyConsistent { train = task.consistent(train) }
    guard (0..<1).contains(options.testShare) else {
      throw FineTuningError.invalidSetting(
        name: "test share", expected: "0 to below 1", found: "\(options.testShare)")
    }
    var test = try Self.test(testPath, beside: path)
    // What is measured is labelled in the way of what is learned.
    if let kind, let other = test.labelKind, other != kind { test = try test.labelled(as: kind) }
    if test.isEmpty, options.testShare > 0 {
      (train, test) = try train.split(development: options.testShare, seed: 0)
    }
    if let limit = options.trainLimit { train = train.subset(limit, seed: 0) }
    let parts = try train.split(development: options.developmentShare, seed: 0)
    guard !parts.training.isEmpty else { throw FineTuningError.noExamples }
    (self.task, self.train, development) = (task, parts.training, parts.development)
    if let limit = options.testLimit { test = test.subset(limit, seed: 0) }
    self.test = test
  }

  /// The same task with what becomes of each part's examples.
  ///
  /// - Throws: `FineTuningError/noExamples` when nothing is left to train on, and what `change`
  ///   throws.
  public func map(_ change: ([TaskExample]) throws -> [TaskExample]) throws -> FineTuningData {
    let changed = FineTuningData(
      task: task, train: try change(train), development: try change(development),
      test: try change(test))
    guard !changed.train.isEmpty else { throw FineTuningError.noExamples }
    return changed
  }

  private static func test(_ testPath: String?, beside path: String) throws -> [TaskExample] {
    if let testPath { return try DataSource(testPath, split: .test).examples() }
    guard URL(userPath: path).isFolder else { return [] }
    for split in [DataSplit.test, .dev] {
      // GLUE's test parts have no labels: then the development part is measured.
      if let source = try? DataSource(path, split: split), let found = try? source.examples(),
        found.allSatisfy({ $0.answer != nil || source.glue == nil })
      {
        return found
      }
    }
    return []
  }
}

extension FineTuningData {
  /// The training examples' most frequent answer, or the mean of their numbers; nil where answers
  /// are free texts, or nothing is measured.
  var constantAnswer: String? {
    guard !test.isEmpty else { return nil }
    if train.allSatisfy({ $0.choices.isEmpty }) {
      let numbers = train.compactMap(\.label)
      guard numbers.count == train.count else { return nil }
      return "\(numbers.reduce(0, +) / Double(numbers.count))"
    }
    let counts = train.compactMap(\.answer).reduce(into: [String: Int]()) {
      $0[$1, default: 0] += 1
    }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }
}

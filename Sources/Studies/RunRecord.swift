import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeFineTuning
import InterchangeModels

/// What can be wrong with the folder of a run.
public enum RunRecordError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    }
  }
}

/// What was asked of a run, of what, and every number that came out; `run.json` in the run's folder, and
/// inside every figure.
public struct RunRecord: Codable, Sendable {
  /// The model that a run was made with.
  public struct ModelIdentity: Codable, Sendable {
    public let path: String
    /// The hash of the weights.
    public let identity: String

    public init(path: String, identity: String) {
      (self.path, self.identity) = (path, identity)
    }
  }

  /// Every number of the run, by what kind of run it was.
  public struct Results: Codable, Sendable {
    public var equality: EqualityExperiment?
    /// One for each component or head that was swapped, all of the same pairs, layers and positions.
    public var sweeps: [SweepRun]?
    public var alignments: [AlignmentRun]?
    public var fineTuning: FineTuningRun?
    public var growth: CostGrowth?
    public var comparisons: [MethodComparison]?
    public var evaluation: EvaluationResult?
    public var steering: SteeringRun?
    public var search: MethodSearch?
    public var attention: AttentionPatterns?

    public init(
      equality: EqualityExperiment? = nil, sweeps: [SweepRun]? = nil,
      alignments: [AlignmentRun]? = nil, fineTuning: FineTuningRun? = nil,
      growth: CostGrowth? = nil, comparisons: [MethodComparison]? = nil,
      evaluation: EvaluationResult? = nil, steering: SteeringRun? = nil,
      search: MethodSearch? = nil, attention: AttentionPatterns? = nil
    ) {
      (self.search, self.attention) = (search, attention)
      (self.comparisons, self.evaluation) = (comparisons, evaluation)
      (self.equality, self.growth, self.steering) = (equality, growth, steering)
      (self.sweeps, self.alignments, self.fineTuning) = (sweeps, alignments, fineTuning)
    }

    /// What records of a single sweep had.
    private enum EarlierKeys: String, CodingKey { case sweep }

    /// Reads results whose sweeps have the same layers and positions.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      func read<T: Decodable>(_ key: CodingKeys) throws -> T? {
        try values.decodeIfPresent(T.self, forKey: key)
      }
      equality = try read(.equality)
      alignments = try read(.alignments)
      fineTuning = try read(.fineTuning)
      growth = try read(.growth)
      comparisons = try read(.comparisons)
      evaluation = try read(.evaluation)
      steering = try read(.steering)
      search = try read(.search)
      attention = try read(.attention)
      let earlier = try decoder.container(keyedBy: EarlierKeys.self)
      sweeps =
        try read(.sweeps)
        ?? earlier.decodeIfPresent(SweepRun.self, forKey: .sweep).map { [$0] }
      let shapes = (sweeps ?? []).map { [$0.result.layers.count, $0.result.positions.count] }
      guard Set(shapes).count <= 1 else {
        throw DecodingError.dataCorruptedError(
          forKey: .sweeps, in: values,
          debugDescription: "sweeps of different numbers of layers or positions")
      }
    }
  }

  public var version = interchangeVersion
  /// The subcommand, or the name of the program.
  public let command: String
  /// The command's words.
  public let arguments: [String]
  public let model: ModelIdentity?
  public let seed: UInt64
  public let started: Date
  public var seconds: Double
  public var results: Results

  /// A record of a run that began at `started`.
  public init(
    command: String, arguments: [String], model: ModelIdentity?, seed: UInt64, started: Date,
    results: Results
  ) {
    (self.command, self.arguments, self.model) = (command, arguments, model)
    (self.seed, self.started, self.results) = (seed, started, results)
    seconds = Date().timeIntervalSince(started)
  }

  /// The record as JSON with sorted keys.
  public func json() throws -> String {
    String(decoding: try JSONEncoder.ofRecords.encode(self), as: UTF8.self)
  }

  /// Reads `run.json` of a folder.
  ///
  /// - Throws: ``RunRecordError`` when there is none or it isn't a record.
  public init(folder: URL) throws {
    let url = folder.appending(component: "run.json")
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw RunRecordError.unreadable(path: url.path, reason: "no record of a run can be read")
    }
    do {
      self = try JSONDecoder.ofRecords.decode(RunRecord.self, from: data)
    } catch {
      throw RunRecordError.unreadable(path: url.path, reason: "not the record of a run")
    }
  }

  /// Writes `run.json` and the run's figures into a folder, which is made when it doesn't exist.
  ///
  /// - Returns: the files that were written
  /// - Throws: a file error, or `FigureError`.
  @discardableResult
  public func write(to folder: URL) throws -> [URL] {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(component: "run.json")
    try Data((try json() + "\n").utf8).write(to: url, options: .atomic)
    return [url] + (try writeFigures(to: folder))
  }

  /// Draws the run's figures into a folder.
  ///
  /// - Throws: `FigureError` when a file can't be written.
  @discardableResult
  public func writeFigures(to folder: URL, format: FigureFormat = .png) throws -> [URL] {
    let record = try json()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return try figures().map { name, figure in
      let url = folder.appending(component: "\(name).\(format.rawValue)")
      try figure.write(to: url, record: record)
      return url
    }
  }
}

/// A DAS fit of a task with its report.
public struct AlignmentRun: Codable, Sendable {
  public let task: String
  public let variable: String
  public let check: TaskExamples.Check?
  /// The kind of thing that train and test don't share.
  public let disjoint: String
  public let report: AlignmentReport
  public let losses: [Double]

  public init(
    task: String, variable: String, check: TaskExamples.Check?, disjoint: String,
    report: AlignmentReport, losses: [Double]
  ) {
    (self.task, self.variable, self.check) = (task, variable, check)
    (self.disjoint, self.report, self.losses) = (disjoint, report, losses)
  }
}

/// A fine-tuning with what it changed.
public struct FineTuningRun: Codable, Sendable {
  /// An accuracy before and after.
  public struct Effect: Codable, Sendable {
    public let name: String
    public let before: Accuracy
    public let after: Accuracy

    public init(name: String, before: Accuracy, after: Accuracy) {
      (self.name, self.before, self.after) = (name, before, after)
    }
  }

  public let method: String
  public let site: String
  public let rank: Int
  public let parameters: Int
  /// Trainable / base parameters.
  public let parameterShare: Double
  public let losses: [Double]
  public let effects: [Effect]

  public init(
    method: String, site: String, rank: Int, parameters: Int, parameterShare: Double,
    losses: [Double], effects: [Effect]
  ) {
    (self.method, self.site, self.rank, self.parameters) = (method, site, rank, parameters)
    (self.parameterShare, self.losses, self.effects) = (parameterShare, losses, effects)
  }
}

import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeReports

/// The results of all points of an experiment, each beside the options that made it.
public struct ExperimentResult: RunResult {
  public static let kind = "experiment"

  /// An option with its values as words.
  public struct Option: Codable, Sendable, Equatable {
    /// The name on the command line, without dashes.
    public let name: String
    /// The words.
    public let values: [String]
    /// Tells whether points of the step differ in it.
    public let varies: Bool
  }

  /// A point with what came out.
  public struct Point: Codable, Sendable {
    /// The name of its folder.
    public let name: String
    /// The name of its step.
    public let step: String
    /// The command.
    public let command: String
    /// The options.
    public let options: [Option]
    /// The hash of all that decided its numbers.
    public let key: String
    /// The hash of its results without times and memory.
    public let digest: String
    /// The results.
    public let results: RunResults
    /// The printed text of a command that records no results.
    public let output: String?
    /// The beginning of the run that finished it.
    public let started: Date
    /// The time that this run took.
    public let seconds: Double
  }

  /// The points in the document's order.
  public let points: [Point]
  /// The hash of all points' numbers: two runs of an experiment that have the same one have the
  /// same numbers, but for times and memory.
  public let digest: String

  /// The results of some points.
  init(_ points: [Point]) {
    self.points = points
    digest =
      Data(points.map { "\($0.name) \($0.key) \($0.digest)" }.joined(separator: "\n").utf8)
      .identity
  }
}

extension ExperimentResult.Point {
  /// Reads the point that was finished in a folder; nil where it wasn't.
  ///
  /// - Throws: `RunRecordError` for a record that can't be read.
  init?(_ point: ExperimentManifest.Point, folder: URL) throws {
    guard let mark = FinishedPoint(folder: folder, key: point.key) else { return nil }
    (name, step, command) = (point.name, point.step, point.command)
    (options, key) = (point.options, point.key)
    (started, seconds) = (mark.started, mark.seconds)
    if folder.appending(component: RunRecord.fileName).exists {
      results = try RunRecord(folder: folder).results
      output = nil
      digest = try results.numbersDigest()
    } else {
      results = RunResults()
      let text = try? String(
        contentsOf: folder.appending(component: FinishedPoint.outputName), encoding: .utf8)
      output = text ?? ""
      digest = Data((text ?? "").utf8).identity
    }
  }
}

extension RunResults {
  /// A hash of all numbers but times and memory, which no two runs share.
  public func numbersDigest() throws -> String {
    let encoder = JSONEncoder.ofRecords
    return try encoder.encode(numbers()).identity
  }

  /// The results as JSON without times and memory: members whose names end in `seconds` or `MiB`.
  package func numbers() throws -> JSONValue {
    let data = try JSONEncoder.ofRecords.encode(self)
    return try JSONParser.parse([UInt8](data)).withoutMeasuredTimes
  }
}

extension JSONValue {
  fileprivate var withoutMeasuredTimes: JSONValue {
    switch self {
    case .array(let elements): .array(elements.map(\.withoutMeasuredTimes))
    case .object(let members):
      .object(
        members.filter { member in
          !member.key.lowercased().hasSuffix("seconds") && !member.key.hasSuffix("MiB")
            && member.key != "started"
        }.map { Member(key: $0.key, value: $0.value.withoutMeasuredTimes) })
    default: self
    }
  }
}

extension ExperimentManifest {
  /// The record of the experiment: the same whatever the order in which, and the places where, its
  /// points were run, but for times.
  func record(_ points: [ExperimentResult.Point]) throws -> RunRecord {
    let model = inputs.models.count == 1 ? inputs.models.first : nil
    var record = RunRecord(
      command: Self.command, arguments: [Self.command, source],
      settings: .object([
        JSONValue.Member(key: "document", value: .string(document)),
        JSONValue.Member(key: "points", value: .integer(points.count)),
      ]),
      model: model.map { RunRecord.ModelIdentity(path: $0.key, identity: $0.value) },
      seed: seed, started: points.map(\.started).min() ?? Date(timeIntervalSince1970: 0),
      results: RunResults(ExperimentResult(points)))
    record.seconds = points.reduce(0) { $0 + $1.seconds }
    return record
  }

  /// The seed of the first point that has one.
  private var seed: UInt64 {
    points.lazy.flatMap(\.options).first { $0.name == CommandDefinition.counted }
      .flatMap { $0.values.first }.flatMap { UInt64($0) } ?? 0
  }

  /// The command that runs experiments.
  static let command = "run"
}

extension RunRecord {
  /// The document of an experiment's record, as it was written; nil for the record of a command.
  public var experimentDocument: (text: String, source: String)? {
    guard command == ExperimentManifest.command, arguments.count == 2,
      let text = settings?["document"]?.string
    else { return nil }
    return (text, arguments[1])
  }
}

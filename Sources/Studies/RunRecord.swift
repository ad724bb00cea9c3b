import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeHub
import InterchangeModels
import InterchangeReports

/// A fault of a run's folder.
public enum RunRecordError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  /// The run has nothing of what was asked for.
  case lacking(wanted: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .lacking(let wanted, let reason): "\(wanted): \(reason)"
    }
  }
}

/// A run with its command, its model and every number that came out; `run.json` in the run's
/// folder, and inside every figure.
public struct RunRecord: Codable, Sendable {
  /// The model that a run was made with.
  public struct ModelIdentity: Codable, Sendable {
    /// The path as the user gave it, or the name in the Hugging Face cache.
    public let path: String
    /// The hash of the weights.
    public let identity: String
    /// The branch, tag or commit by which it was found in the cache; nil for a path.
    public let revision: String?
    /// The commit that it is there; nil for a path.
    public let commit: String?

    /// A model by its path and its weights' hash.
    public init(path: String, identity: String, revision: String? = nil, commit: String? = nil) {
      (self.path, self.identity, self.revision, self.commit) = (path, identity, revision, commit)
    }

    /// A model as it was read.
    ///
    /// - Parameter path: stands for a model that wasn't found by its name; by default its path as
    ///   the user gave it, so that a record that is shared names no folders of this machine
    /// - Throws: as `LanguageModel.identity()`.
    public init(_ model: LanguageModel, path: String? = nil) throws {
      let cached = model.cached
      self.init(
        path: cached?.name ?? path ?? model.url.relativePath, identity: try model.identity(),
        revision: cached?.revision, commit: cached?.commit)
    }
  }

  /// The name of a record in a run's folder.
  static let fileName = "run.json"

  /// The version that made the run.
  public var version = interchangeVersion
  /// The subcommand, or the name of the program.
  public let command: String
  /// The command's words.
  public let arguments: [String]
  /// Every setting by its name with the value that it had, defaults included; nil in records from
  /// before version 0.2, and where a program tells none.
  public var settings: JSONValue?
  public let model: ModelIdentity?
  public let seed: UInt64
  public let started: Date
  /// Wall-clock time from beginning to end.
  public var seconds: Double
  public var results: RunResults

  /// A record of a run that began at `started` and ends now.
  public init(
    command: String, arguments: [String], settings: JSONValue? = nil, model: ModelIdentity?,
    seed: UInt64, started: Date, results: RunResults
  ) {
    (self.command, self.arguments, self.settings) = (command, arguments, settings)
    (self.model, self.seed, self.started, self.results) = (model, seed, started, results)
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
    let url = folder.appending(component: Self.fileName)
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw RunRecordError.unreadable(path: url.path, reason: "no record of a run can be read")
    }
    try Self.requireCountable(data, in: url.path)
    do {
      self = try JSONDecoder.ofRecords.decode(RunRecord.self, from: data)
    } catch {
      throw RunRecordError.unreadable(path: url.path, reason: "not the record of a run")
    }
  }

  /// Refuses results with whole numbers that no run counts to: sums of them would overflow.
  private static func requireCountable(_ data: Data, in path: String) throws {
    let most = 1 << 53
    func check(_ value: JSONValue, _ name: String) throws {
      switch value {
      case .integer(let number) where !(-most...most).contains(number) && !name.hasSuffix(".seed"):
        throw RunRecordError.unreadable(
          path: path, reason: "\(name): expected a number up to 2^53, found \(number)")
      case .array(let elements): for element in elements { try check(element, name) }
      case .object(let members):
        for member in members { try check(member.value, "\(name).\(member.key)") }
      default: break
      }
    }
    guard let document = try? JSONParser.parse([UInt8](data)) else {
      throw RunRecordError.unreadable(path: path, reason: "not the record of a run")
    }
    if let results = document["results"] { try check(results, "results") }
  }

  /// Writes `run.json` and the run's figures into a folder, which is made when it doesn't exist.
  ///
  /// - Returns: the files that were written
  /// - Throws: a file error, or `FigureError`.
  @discardableResult
  public func write(to folder: URL) throws -> [URL] {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(component: Self.fileName)
    try writeAtomically(Data((try json() + "\n").utf8), to: url)
    return [url] + (try writeFigures(to: folder))
  }

  /// The figures of all results, with the names of their files.
  public func figures() -> [NamedFigure] { results.all.flatMap { $0.figures() } }

  /// Draws the run's figures into a folder.
  ///
  /// - Throws: `FigureError` when a file can't be written.
  @discardableResult
  public func writeFigures(to folder: URL, format: FigureFormat = .png) throws -> [URL] {
    try figures().write(to: folder, format: format, record: try json())
  }

  /// The subject of the run, in a line.
  public var title: String {
    let sections = results.sections
    if sections.count == 1 { return sections[0].title }
    guard !sections.isEmpty else { return "\(command): no results" }
    var kinds: [String] = []
    for section in sections where !kinds.contains(section.kind) { kinds.append(section.kind) }
    return "\(command): " + kinds.joined(separator: ", ")
  }
}

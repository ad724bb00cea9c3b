import Foundation
import InterchangeBasics
import Synchronization

/// The folder in which a training run keeps its state and its log.
public struct TrainingFolder: Sendable {
  public let url: URL
  /// True for a run that goes on from the state in the folder, where there is one.
  public var resumes: Bool
  /// Steps between two states; nil writes one when the last is half a minute old.
  public var interval: Int?
  /// Settings that decide the outcome beside the training's own and the data, by their names. A
  /// state that was left with other values is refused.
  public var configuration: JSONValue?
  /// Ends the training after a step, with its state written, when another thread asks for it.
  public var interruption: TrainingInterruption?

  /// - Parameter url: made when it doesn't exist
  public init(
    _ url: URL, resumes: Bool = false, interval: Int? = nil, configuration: JSONValue? = nil,
    interruption: TrainingInterruption? = nil
  ) {
    (self.url, self.resumes, self.interval) = (url, resumes, interval)
    (self.configuration, self.interruption) = (configuration, interruption)
  }

  /// The files of a training: its state, its log, and the adapter with its head.
  public static let fileNames = [
    TrainingState.fileName, TrainingLog.fileName, AdapterFile.name, AdapterFile.headName,
  ]
}

/// A way for another thread, such as one that waits for a signal, to end trainings with their
/// states written.
public final class TrainingInterruption: Sendable {
  private let state = Mutex((isRequested: false, trainings: 0))

  public init() {}

  /// Asks all trainings to end after their step, with `FineTuningError.interrupted(step:)`.
  ///
  /// - Returns: true when there is one that will
  public func request() -> Bool {
    state.withLock {
      $0.isRequested = true
      return $0.trainings > 0
    }
  }

  /// True once it was asked for.
  var isRequested: Bool { state.withLock { $0.isRequested } }

  /// Runs a training that looks at ``isRequested``.
  func during<Value>(_ training: () throws -> Value) rethrows -> Value {
    state.withLock { $0.trainings += 1 }
    defer { state.withLock { $0.trainings -= 1 } }
    return try training()
  }
}

/// One line of a training run's log.
public struct TrainingLogLine: Codable, Sendable, Equatable {
  /// Steps taken, this one included.
  public let step: Int
  public var loss: Double?
  public var learningRate: Double?
  /// The norm of the gradient, where gradients are clipped.
  public var gradientNorm: Double?
  /// The measurement on the development examples.
  public var development: Double?
  /// Seconds since the run, or its resumption, began.
  public let seconds: Double
}

/// The log: JSON lines, one for each step and each evaluation.
final class TrainingLog {
  static let fileName = "log.jsonl"

  private let handle: FileHandle?
  private let path: String
  private let start = Date()
  private let encoder: JSONEncoder = {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }()

  /// Begins a log, or goes on with one: lines after `step` belong to steps that are taken anew.
  init(_ folder: TrainingFolder?, after step: Int) throws {
    path = folder?.url.appending(component: Self.fileName).path ?? ""
    guard let folder else {
      handle = nil
      return
    }
    try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
    let url = folder.url.appending(component: Self.fileName)
    var kept = Data()
    if step > 0, let old = try? Data(contentsOf: url) {
      for line in old.split(separator: UInt8(ascii: "\n")) {
        guard let read = try? JSONDecoder().decode(TrainingLogLine.self, from: Data(line)),
          read.step <= step
        else { continue }
        kept += line + Data("\n".utf8)
      }
    }
    try writeAtomically(kept, to: url)
    handle = try FileHandle(forWritingTo: url)
    try handle?.seekToEnd()
  }

  deinit { try? handle?.close() }

  func write(
    step: Int, loss: Double? = nil, learningRate: Double? = nil, gradientNorm: Double? = nil,
    development: Double? = nil
  ) throws {
    guard let handle else { return }
    let line = TrainingLogLine(
      step: step, loss: loss, learningRate: learningRate, gradientNorm: gradientNorm,
      development: development, seconds: Date().timeIntervalSince(start))
    let text = try encoder.encode(line) + Data("\n".utf8)
    do { try handle.write(contentsOf: text) } catch {
      throw FileSystemError(path: path, reason: systemError())
    }
  }
}

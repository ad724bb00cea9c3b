import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors

/// A measurement on the development examples during training.
public struct Evaluation: Codable, Sendable, Equatable {
  /// Steps taken when it was made.
  public let step: Int
  public let value: Double
}

/// The findings of a training run so far.
public struct TrainingHistory: Codable, Sendable, Equatable {
  /// The loss of every step.
  public internal(set) var losses: [Double] = []
  public internal(set) var evaluations: [Evaluation] = []
  /// The best of ``evaluations``, whose parameters the trained model has at the end.
  public internal(set) var best: Evaluation?
  /// True where training ended before its last step because it got no better.
  public internal(set) var stoppedEarly = false
  /// Tokens that were read, by all steps together.
  public internal(set) var tokens = 0
}

/// A training run between two steps: everything that the next steps depend on.
struct TrainingState {
  /// The identity of a run; a checkpoint of another one is refused.
  struct Identity: Codable, Equatable {
    let settings: FineTuningSettings
    let base: String
    let method: String
    let data: String
    let parameters: [[Int]]
  }

  private struct Record: Codable {
    static let currentFormat = "interchange-training-1"
    var format = currentFormat
    let identity: Identity
    let history: TrainingHistory
    let hasBest: Bool
    /// Nil in states from before it was kept.
    var configuration: JSONValue?
  }

  static let fileName = "checkpoint.safetensors"

  let identity: Identity
  /// Settings that decide the outcome beside the identity.
  var configuration: JSONValue?
  var history = TrainingHistory()
  /// The parameters at the best evaluation.
  var best: [Tensor]?
  let parameters: [Parameter]
  let optimizer: AdamW

  var step: Int { history.losses.count }

  /// Writes the state; a reader sees the old file or the new one.
  func write(to folder: URL) throws {
    var tensors: [(name: String, tensor: Tensor)] = []
    for (index, parameter) in parameters.enumerated() {
      tensors.append(("\(index).value", parameter.value))
      tensors.append(("\(index).first", optimizer.moments[index].first))
      tensors.append(("\(index).second", optimizer.moments[index].second))
      if let best { tensors.append(("\(index).best", best[index])) }
    }
    let record = Record(
      identity: identity, history: history, hasBest: best != nil, configuration: configuration)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try Safetensors.write(
      tensors,
      metadata: ["interchange": String(decoding: try encoder.encode(record), as: UTF8.self)],
      to: folder.appending(component: Self.fileName))
  }

  /// Goes back to a written state. That of a run which came to its end with fewer epochs or steps
  /// is taken too: further ones follow, at the rates of the longer run's schedule.
  ///
  /// - Parameter examples: how many are trained on
  /// - Returns: whether there was one
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for that of another
  ///   run.
  mutating func restore(from folder: URL, examples: Int) throws -> Bool {
    let url = folder.appending(component: Self.fileName)
    guard FileManager.default.fileExists(atPath: url.path) else { return false }
    let file = try SafetensorsFile(contentsOf: url)
    guard let json = file.metadata["interchange"],
      let record = try? JSONDecoder().decode(Record.self, from: Data(json.utf8)),
      record.format == Record.currentFormat
    else {
      throw FineTuningError.invalidAdapter(
        path: file.path, field: "metadata", expected: "a training run's state", found: "none")
    }
    let isLonger = identity.isLonger(than: record.identity, after: record.history, examples)
    try requireSame(as: record, ignoring: isLonger ? Identity.lengths : [], in: file.path)
    func tensor(_ name: String, like value: Tensor) throws -> Tensor {
      let stored = try file.tensor(named: name)
      guard stored.shape == value.shape else {
        throw FineTuningError.invalidAdapter(
          path: file.path, field: "tensor \(name)", expected: "shape \(value.shape)",
          found: "\(stored.shape)")
      }
      // Copied: the file is replaced while training goes on.
      return Tensor(stored.floats().elements, shape: stored.shape)
    }
    var best: [Tensor] = []
    var restored: [(value: Tensor, moments: AdamW.Moments)] = []
    for (index, parameter) in parameters.enumerated() {
      let value = parameter.value
      restored.append(
        (
          try tensor("\(index).value", like: value),
          AdamW.Moments(
            first: try tensor("\(index).first", like: value),
            second: try tensor("\(index).second", like: value))
        ))
      if record.hasBest { best.append(try tensor("\(index).best", like: value)) }
    }
    for (index, part) in restored.enumerated() {
      parameters[index].value = part.value
      optimizer.moments[index] = part.moments
    }
    optimizer.steps = record.history.losses.count
    self.best = record.hasBest ? best : nil
    history = record.history
    if isLonger { history.stoppedEarly = false }
    return true
  }

  /// Refuses the state of a run with other settings, all of them named.
  private func requireSame(as record: Record, ignoring ignored: [String], in path: String) throws {
    var differences = identity.differences(from: record.identity)
    if let configuration, let other = record.configuration {
      differences += configuration.differences(from: other)
    }
    // They follow from what is named already.
    if differences.isEmpty, identity.parameters != record.identity.parameters {
      differences.append(
        JSONDifference(
          name: "parameters", old: "shapes \(record.identity.parameters)",
          new: "shapes \(identity.parameters)"))
    }
    differences.removeAll { ignored.contains($0.name) }
    guard let first = differences.first else { return }
    let others = differences.dropFirst().map {
      "; \($0.words): expected \($0.new), as asked for now, found \($0.old)"
    }
    throw FineTuningError.invalidAdapter(
      path: path, field: first.words, expected: "\(first.new), as asked for now",
      found: first.old + others.joined())
  }
}

extension JSONDifference {
  /// The setting's name as one writes it: `batchSize` is "batch size".
  fileprivate var words: String {
    name.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
  }
}

extension TrainingState.Identity {
  /// The settings that say how long a run is.
  fileprivate static let lengths = ["epochs", "maximumSteps"]

  /// Everything in which another run differs, but for the parameters' shapes.
  fileprivate func differences(from other: Self) -> [JSONDifference] {
    let named = [
      ("base model", base, other.base), ("method", method, other.method),
      ("training data", data, other.data),
    ].filter { $0.1 != $0.2 }.map { JSONDifference(name: $0.0, old: $0.2, new: $0.1) }
    guard settings != other.settings else { return named }
    let differences = settings.record.differences(from: other.settings.record)
    // JSON may hold a seed of 64 bits less exactly than it is.
    return named
      + (differences.isEmpty
        ? [JSONDifference(name: "seed", old: "\(other.settings.seed)", new: "\(settings.seed)")]
        : differences)
  }

  /// Tells whether this run goes on where another one had come to its end.
  fileprivate func isLonger(
    than other: Self, after history: TrainingHistory, _ examples: Int
  ) -> Bool {
    let earlier = other.settings.totalSteps(examples)
    return (history.stoppedEarly || history.losses.count >= earlier)
      && settings.totalSteps(examples) > earlier && data == other.data
  }
}

extension FineTuningSettings {
  /// Every setting by its name.
  fileprivate var record: JSONValue {
    let encoded = try? JSONEncoder.ofRecords.encode(self)
    return encoded.flatMap { try? JSONDecoder.ofRecords.decode(JSONValue.self, from: $0) } ?? .null
  }
}

extension [TokenizedExample] {
  /// A hash of all tokens, prompt lengths and labels.
  package var identity: String {
    var hash = Fingerprint()
    func add(_ number: Int) { hash.add(UInt64(bitPattern: Int64(number))) }
    for example in self {
      add(example.promptLength)
      add(example.tokens.count)
      example.tokens.forEach(add)
      if case .segments(_, let types) = example.input { types.forEach(add) }
      if let label = example.label { add(Int(bitPattern: UInt(label.bitPattern))) }
    }
    return "\(count) examples, hash \(hash.text)"
  }
}

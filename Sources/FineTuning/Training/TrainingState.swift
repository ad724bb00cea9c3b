import Foundation
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
  }

  static let fileName = "checkpoint.safetensors"

  let identity: Identity
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
    let record = Record(identity: identity, history: history, hasBest: best != nil)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try Safetensors.write(
      tensors,
      metadata: ["interchange": String(decoding: try encoder.encode(record), as: UTF8.self)],
      to: folder.appending(component: Self.fileName))
  }

  /// Goes back to a written state.
  ///
  /// - Returns: whether there was one
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for that of another
  ///   run.
  mutating func restore(from folder: URL) throws -> Bool {
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
    if let (field, expected, found) = identity.difference(from: record.identity) {
      throw FineTuningError.invalidAdapter(
        path: file.path, field: field, expected: "\(expected), as asked for now", found: found)
    }
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
    return true
  }
}

extension TrainingState.Identity {
  /// The first thing in which another run differs.
  fileprivate func difference(
    from other: Self
  ) -> (field: String, expected: String, found: String)? {
    if base != other.base { return ("base model", base, other.base) }
    if method != other.method { return ("method", method, other.method) }
    if data != other.data { return ("training data", data, other.data) }
    if parameters != other.parameters {
      return ("parameters", "shapes \(parameters)", "\(other.parameters)")
    }
    if settings != other.settings { return ("settings", "\(settings)", "\(other.settings)") }
    return nil
  }
}

extension [TokenizedExample] {
  /// A hash of all tokens, prompt lengths and labels (FNV-1a).
  package var identity: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ number: Int) { hash = (hash ^ UInt64(bitPattern: Int64(number))) &* 0x100_0000_01B3 }
    for example in self {
      add(example.promptLength)
      add(example.tokens.count)
      example.tokens.forEach(add)
      if case .segments(_, let types) = example.input { types.forEach(add) }
      if let label = example.label { add(Int(bitPattern: UInt(label.bitPattern))) }
    }
    return "\(count) examples, hash \(String(hash, radix: 16))"
  }
}

import Foundation
import InterchangeBasics
import InterchangeModels

/// A fault of a sweep's journal.
public enum SweepJournalError: Error, Equatable, CustomStringConvertible {
  /// The file can't be read, or has something else.
  case unreadable(file: String, reason: String)
  /// The file belongs to a sweep with another setting.
  case otherSweep(file: String, setting: String, old: String, new: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): \(reason)"
    case .otherSweep(let file, let setting, let old, let new):
      "\(file): an earlier sweep had \(setting) \(old), this one has \(new); resume it with the "
        + "same settings, or begin anew in another folder"
    }
  }
}

/// Every pair's outcome in a sweep, kept in a file as it is measured: a line of JSON for each layer
/// of each group of pairs.
///
/// A sweep that was stopped goes on from it, and ends in the numbers that it would have had: a line
/// depends on nothing but its group and its layer. Layers, components and heads may be other ones;
/// model, pairs, positions, metrics and the window may not.
public final class SweepJournal {
  /// A line's place.
  struct Unit: Hashable {
    /// The component and the head.
    let place: String
    let group: Int
    let layer: Int
  }

  /// The file's name in a run's folder.
  public static let fileName = "sweep.jsonl"

  private let url: URL
  private let model: String
  private let isResumed: Bool
  private var lines: [Unit: JSONValue] = [:]
  private var work: JSONValue?
  private var metrics = 0
  private var file: FileHandle?

  /// A journal in a file.
  ///
  /// - Parameters:
  ///   - model: the identity of the model's weights
  ///   - resumes: whether what the file has is used; otherwise it is written anew
  public init(_ url: URL, model: String, resumes: Bool) {
    (self.url, self.model, isResumed) = (url, model, resumes)
  }

  deinit { try? file?.close() }

  /// Takes up a sweep of these examples.
  func begin(_ sweep: InterchangeSweep, _ examples: [AlignmentExample]) throws {
    let described = JSONValue.object(
      [
        .init(key: "version", value: .string(interchangeVersion)),
        .init(key: "model", value: .string(model)),
        .init(key: "pairs", value: .integer(examples.count)),
        .init(key: "digest", value: .string(Self.digest(examples))),
        .init(
          key: "positions", value: .array(sweep.positions.map { .string($0.description) })),
        .init(key: "metrics", value: .array(sweep.metrics.map { .string($0.name) })),
        .init(key: "intervention", value: .string(sweep.intervention.description)),
        .init(key: "seed", value: .string("\(sweep.seed)")),
        .init(key: "batchRows", value: .integer(sweep.batchRows)),
      ] + (sweep.window > 1 ? [.init(key: "window", value: .integer(sweep.window))] : []))
    metrics = sweep.metrics.count { !$0.isAccuracy }
    if work == nil {
      let kept = try isResumed ? read() : Data()
      if work == nil {
        try write(header: described)
      } else {
        // The part of a line that a killed run left goes.
        try writeAtomically(kept, to: url)
      }
      file = try reporting {
        let file = try FileHandle(forWritingTo: url)
        try file.seekToEnd()
        return file
      }
    }
    if let difference = work.flatMap({ described.differences(from: $0) })?.first {
      throw SweepJournalError.otherSweep(
        file: url.path, setting: difference.name, old: difference.old, new: difference.new)
    }
  }

  private func write(header: JSONValue) throws {
    work = header
    let line = try JSONEncoder.lines.encode(["sweep": header])
    try writeAtomically(line + Data("\n".utf8), to: url)
  }

  /// The whole lines of the file, which are taken into ``lines``.
  private func read() throws -> Data {
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
      return Data()
    }
    guard let data = try? Data(contentsOf: url) else {
      throw SweepJournalError.unreadable(file: url.path, reason: "can't be read")
    }
    let end = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? data.startIndex
    for (number, line) in data[..<end].split(separator: UInt8(ascii: "\n")).enumerated() {
      func fault(_ expected: String) -> SweepJournalError {
        .unreadable(
          file: url.path, reason: "line \(number + 1): expected \(expected); remove the file")
      }
      guard let value = try? JSONParser.parse([UInt8](line)) else {
        throw fault("a line of JSON")
      }
      if number == 0 {
        guard let header = value["sweep"] else { throw fault("the settings of a sweep") }
        work = header
      } else {
        guard let place = value["place"]?.string, let group = value["group"]?.integer,
          let layer = value["layer"]?.integer, let outcomes = value["outcomes"]
        else { throw fault("the outcomes of a group at a layer") }
        lines[Unit(place: place, group: group, layer: layer)] = outcomes
      }
    }
    return Data(data[..<end])
  }

  /// The outcomes that an earlier run measured; nil where it didn't.
  ///
  /// - Parameter count: the number of its interchanges
  func outcomes(of unit: Unit, count: Int) throws -> [SwapOutcome]? {
    guard let line = lines[unit] else { return nil }
    let found = (line.array ?? []).map { SwapOutcome($0, metrics: metrics) }
    guard found.count == count, !found.contains(nil) else {
      throw SweepJournalError.unreadable(
        file: url.path,
        reason: "layer \(unit.layer) of group \(unit.group): expected \(count) outcomes with "
          + "\(metrics) metrics; remove the file")
    }
    return found.compactMap { $0 }
  }

  /// Keeps what was just measured.
  func append(_ unit: Unit, _ outcomes: [SwapOutcome]) throws {
    let line = JSONValue.object([
      .init(key: "place", value: .string(unit.place)),
      .init(key: "group", value: .integer(unit.group)),
      .init(key: "layer", value: .integer(unit.layer)),
      .init(key: "outcomes", value: .array(outcomes.map(\.json))),
    ])
    let data = try JSONEncoder.lines.encode(line) + Data("\n".utf8)
    require(file != nil, "SweepJournal: begin(_:_:) comes before append(_:_:)")
    try reporting { try file?.write(contentsOf: data) }
  }

  /// Work with the file, whose errors name it.
  private func reporting<Result>(_ work: () throws -> Result) throws -> Result {
    do {
      return try work()
    } catch {
      throw FileSystemError(path: url.path, reason: "\(error.localizedDescription)")
    }
  }

  /// A hash that tells one list of examples from another.
  private static func digest(_ examples: [AlignmentExample]) -> String {
    var hash = Fingerprint()
    for example in examples {
      let spans = ([example.baseSpans] + example.sourceSpans).map { spans in
        spans.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      }
      let words =
        "\(example.base) \(example.sources) \(spans) \(example.label) \(example.answers) "
        + "\(example.baseLabel)"
      for byte in words.utf8 { hash.add(UInt64(byte)) }
    }
    return hash.text
  }
}

extension JSONEncoder {
  /// A document on one line, its numbers read back to the same bits.
  fileprivate static var lines: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension SwapOutcome {
  /// Right or not, the logit difference, then value and weight of each metric, null for none.
  fileprivate var json: JSONValue {
    .array(
      [.integer(outcome.isCorrect ? 1 : 0), .number(outcome.logitDifference)]
        + samples.flatMap { sample -> [JSONValue] in
          [sample.map { .number($0.value) } ?? .null, sample.map { .number($0.weight) } ?? .null]
        })
  }

  fileprivate init?(_ json: JSONValue, metrics: Int) {
    guard let parts = json.array, parts.count == 2 + 2 * metrics, let isRight = parts[0].integer,
      (0...1).contains(isRight), let difference = parts[1].double
    else { return nil }
    var samples: [MetricSample?] = []
    for index in 0..<metrics {
      let (value, weight) = (parts[2 + 2 * index], parts[3 + 2 * index])
      if value == .null, weight == .null {
        samples.append(nil)
      } else {
        guard let value = value.double, let weight = weight.double else { return nil }
        samples.append(MetricSample(value, weight: weight))
      }
    }
    self.init(
      outcome: Outcome(isCorrect: isRight == 1, logitDifference: difference), samples: samples)
  }
}

extension JSONValue {
  /// A number, those that aren't finite too.
  fileprivate var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    case .string("inf"): .infinity
    case .string("-inf"): -.infinity
    case .string("nan"): .nan
    default: nil
    }
  }
}

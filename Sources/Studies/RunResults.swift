import InterchangeBasics
import InterchangeCircuits
import InterchangeFineTuning
import InterchangeModels
import InterchangeReports
import Synchronization

/// The results of a run, at most one of each kind.
///
/// In JSON they are an object with a member for each kind. A kind that nothing is registered for,
/// such as one of another program's study, is kept as it was read and written again.
public struct RunResults: Sendable {
  /// The kinds of this library, in the order of a page.
  static let builtIn: [any RunResult.Type] = [
    EqualityExperiment.self,
    SweepRuns.self,
    AblationRun.self,
    TraceRun.self,
    AlignmentRuns.self,
    SubspaceComparison.self,
    TuningEffects.self,
    MethodComparisons.self,
    MethodSearch.self,
    EvaluationResult.self,
    SteeringRun.self,
    AttentionPatterns.self,
    FeatureActivity.self,
    AutoencoderTraining.self,
    LayerLens.self,
    TunedLensFit.self,
    DirectAttributionStudy.self,
    HeadDetection.self,
    ProbeStudy.self,
    RAVELStudy.self,
    MIBStudy.self,
    ActivationCollection.self,
    CostGrowth.self,
    ExperimentResult.self,
  ]

  private static let registered = Mutex<[any RunResult.Type]>([])

  private var values: [String: any RunResult] = [:]
  /// The results of kinds that are not known here, by their names.
  public private(set) var unknown: [String: JSONValue] = [:]

  /// Results of different kinds; of one kind the last counts.
  public init(_ results: any RunResult...) {
    for result in results { values[type(of: result).kind] = result }
  }

  /// Makes a kind of result known to records that are read from now on. May be called from any
  /// thread; a kind of the same name takes the earlier one's place.
  public static func register(_ type: any RunResult.Type) {
    registered.withLock { types in
      types.removeAll { $0.kind == type.kind }
      types.append(type)
    }
  }

  /// The kinds that are known, in the order of a page.
  public static var kinds: [any RunResult.Type] {
    let more = registered.withLock { $0 }
    let names = Set(more.map { $0.kind })
    return builtIn.filter { !names.contains($0.kind) } + more
  }

  /// The result of a kind; nil when the run has none.
  public subscript<Result: RunResult>(_ type: Result.Type) -> Result? {
    get { values[Result.kind] as? Result }
    set { values[Result.kind] = newValue }
  }

  /// Puts a result in the place of the one of its kind.
  mutating func replace(with result: any RunResult) { values[type(of: result).kind] = result }

  /// All results of known kinds, in the order of a page; kinds that nobody registered come last.
  public var all: [any RunResult] {
    let order = Self.kinds.map { $0.kind }
    let rest = values.keys.filter { !order.contains($0) }.sorted()
    return (order + rest).compactMap { values[$0] }
  }

  /// The sections of a page, unknown kinds named at its end.
  var sections: [ReportSection] {
    all.flatMap(\.sections)
      + unknown.keys.sorted().map { kind in
        ReportSection(
          kind: kind, title: kind,
          parts: [
            .text(
              "This program knows no result of the kind “\(kind)”. Its numbers are in run.json.")
          ])
      }
  }
}

extension RunResults: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  /// Reads the results of all kinds that are known, and keeps the others as they are.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func read<Result: RunResult>(_ type: Result.Type, _ name: String) throws -> Result? {
      try container.decodeIfPresent(type, forKey: Key(name))
    }
    var rest = Set(container.allKeys.map(\.stringValue))
    for type in Self.kinds {
      for name in [type.kind] + type.earlierKinds where rest.remove(name) != nil {
        let earlier = values[type.kind]
        values[type.kind] = try earlier ?? read(type, name)
      }
    }
    for name in rest { unknown[name] = try container.decode(JSONValue.self, forKey: Key(name)) }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (kind, value) in unknown { try container.encode(value, forKey: Key(kind)) }
    for (kind, value) in values { try container.encode(value, forKey: Key(kind)) }
  }
}

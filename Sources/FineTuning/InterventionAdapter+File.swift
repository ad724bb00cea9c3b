import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// An intervention that can be kept in an adapter's file.
protocol StorableIntervention: AdditiveIntervention {
  /// The names of its methods in files.
  static var methods: [String] { get }
  /// What its tensors don't say.
  var traits: InterventionTraits { get }
  /// Its tensors by name.
  var storedTensors: [(name: String, tensor: Tensor)] { get }

  /// An intervention from its file.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` or `CheckpointError`.
  init(from stored: StoredIntervention) throws
}

/// What an adapter's file holds of one intervention.
struct StoredIntervention {
  let method: String
  let traits: InterventionTraits
  /// The width of the site.
  let width: Int
  /// The width of what is read, where something is.
  let sourceWidth: Int?
  fileprivate let index: Int
  fileprivate let tensors: AdapterTensors

  /// A tensor by name and shape.
  func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    try tensors.tensor("\(index).\(name)", shape)
  }

  func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
    tensors.invalid("\(index).\(field)", expected, found)
  }

  /// The rank, from 1 to a largest one.
  func rank(upTo largest: Int) throws -> Int {
    guard let rank = traits.rank, (1...largest).contains(rank) else {
      throw invalid("rank", "1 to \(largest)", traits.rank.map { "\($0)" } ?? "none")
    }
    return rank
  }

  /// The width of what is read.
  func requiredSourceWidth() throws -> Int {
    guard let sourceWidth else { throw invalid("reading", "a component", "none") }
    return sourceWidth
  }
}

/// What an intervention's file says beside its tensors.
struct InterventionTraits: Codable {
  var rank: Int?
  var activation: Activation?
  /// Whether training changes the rotation, or the coefficient of a steering vector.
  var isTrained: Bool?
  /// The rank of the subspace that the rotation is trained within.
  var container: Int?
  /// What an update is multiplied by.
  var scale: Float?
}

/// One intervention in an adapter's file.
private struct InterventionEntry: Codable {
  let method: String
  let site: Site
  let reading: Component?
  let dropout: Double
  let traits: InterventionTraits
  /// The earlier entry whose parameters this one shares.
  let sharedWith: Int?
}

extension InterventionAdapter {
  private static var stored: [any StorableIntervention.Type] {
    [
      ReFT.self, RepresentationEditing.self, Steering.self, LowRankUpdate.self, Bottleneck.self,
      BiasUpdate.self, WeightUpdate.self, SparseUpdate.self,
    ]
  }

  private var entries: [InterventionEntry] {
    interventions.enumerated().map { index, placed in
      guard let intervention = placed.intervention as? any StorableIntervention else {
        programmerError("AdapterFile: \(placed.intervention.name) has no file form")
      }
      let first = interventions.firstIndex { $0.intervention === placed.intervention }
      return InterventionEntry(
        method: intervention.name, site: placed.site, reading: placed.reading,
        dropout: placed.dropout,
        traits: intervention.traits, sharedWith: first == index ? nil : first)
    }
  }

  public func configuration() throws -> Data {
    try AdapterFile.encoded(entries)
  }

  public var tensors: [(name: String, tensor: Tensor)] {
    zip(interventions, entries).enumerated().flatMap { index, pair in
      let (placed, entry) = pair
      let own = entry.sharedWith == nil ? placed.intervention as? any StorableIntervention : nil
      return (own?.storedTensors ?? []).map { (name: "\(index).\($0.name)", tensor: $0.tensor) }
    }
  }

  public convenience init(
    configuration: Data, tensors: AdapterTensors, base: LanguageModel
  ) throws {
    guard let entries = try? JSONDecoder().decode([InterventionEntry].self, from: configuration)
    else {
      throw tensors.invalid("configuration", "a list of interventions", "something else")
    }
    var placed: [PlacedIntervention] = []
    for (index, entry) in entries.enumerated() {
      guard (0..<1).contains(entry.dropout) else {
        throw tensors.invalid("dropout of \(index)", "0 to below 1", "\(entry.dropout)")
      }
      let intervention: any Intervention
      if let shared = entry.sharedWith {
        guard placed.indices.contains(shared) else {
          throw tensors.invalid("entry \(index)", "shared with an earlier one", "\(shared)")
        }
        intervention = placed[shared].intervention
      } else {
        intervention = try Self.intervention(entry, index, tensors, base)
      }
      guard intervention.sourceCount == (entry.reading == nil ? 0 : 1) else {
        throw tensors.invalid(
          "\(index).reading", entry.reading == nil ? "a component" : "none",
          entry.reading?.rawValue ?? "none")
      }
      if let reading = entry.reading, !reading.canBeRead(by: entry.site.component) {
        throw tensors.invalid(
          "\(index).reading", "a component that is made before \(entry.site.component.rawValue)",
          reading.rawValue)
      }
      placed.append(
        PlacedIntervention(
          intervention, at: entry.site, reading: entry.reading, dropout: entry.dropout))
    }
    self.init(placed)
  }

  private static func intervention(
    _ entry: InterventionEntry, _ index: Int, _ tensors: AdapterTensors, _ base: LanguageModel
  ) throws -> any Intervention {
    guard let type = stored.first(where: { $0.methods.contains(entry.method) }) else {
      throw tensors.invalid(
        "method", stored.flatMap { $0.methods }.joined(separator: ", "), entry.method)
    }
    let layer = entry.site.layer
    return try type.init(
      from: StoredIntervention(
        method: entry.method, traits: entry.traits, width: try base.model.width(of: entry.site),
        sourceWidth: try entry.reading.map { try base.model.width(of: Site($0, layer: layer)) },
        index: index, tensors: tensors))
  }
}

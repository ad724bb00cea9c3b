import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// One intervention in an adapter's file.
private struct InterventionEntry: Codable {
  let method: String
  let site: Site
  let reading: Component?
  let dropout: Double
  /// The record that the kind of intervention keeps beside its tensors.
  let traits: JSONValue
  /// The earlier entry whose parameters this one shares.
  let sharedWith: Int?
}

extension InterventionAdapter {
  private func entries() throws -> [InterventionEntry] {
    try interventions.enumerated().map { index, placed in
      let intervention = try StorableInterventions.storable(placed.intervention)
      let first = interventions.firstIndex { $0.intervention === placed.intervention }
      return InterventionEntry(
        method: intervention.name, site: placed.site, reading: placed.reading,
        dropout: placed.dropout, traits: try Self.traits(of: intervention),
        sharedWith: first == index ? nil : first)
    }
  }

  private static func traits(of intervention: some StorableIntervention) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(intervention.traits))
  }

  public func configuration() throws -> Data {
    try AdapterFile.encoded(entries())
  }

  public var tensors: [(name: String, tensor: Tensor)] {
    interventions.enumerated().flatMap { index, placed in
      let isFirst =
        interventions.firstIndex { $0.intervention === placed.intervention } == index
      let own = isFirst ? placed.intervention as? any StorableIntervention : nil
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
    guard let type = StorableInterventions.named(entry.method) else {
      let known = StorableInterventions.all.flatMap { $0.methods }
      throw tensors.invalid("method", known.joined(separator: ", "), entry.method)
    }
    let layer = entry.site.layer
    return try type.init(
      from: StoredIntervention(
        method: entry.method, traits: entry.traits, width: try base.width(of: entry.site),
        sourceWidth: try entry.reading.map { try base.width(of: Site($0, layer: layer)) },
        index: index, tensors: tensors))
  }
}

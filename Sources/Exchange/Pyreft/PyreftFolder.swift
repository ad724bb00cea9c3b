import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A folder that pyreft's `ReftModel.save` wrote, of its six low-rank interventions.
///
/// 1. `config.json`: a class and a place for each intervention.
/// 2. `intkey_<key>.bin`, a torch archive for each: its parameters. The key is made of the place.
///
/// Some things that pyreft doesn't save have to be given: the positions and the activation
/// function. Dropout, which it doesn't save either, matters in training only. Nothing in the files
/// is executed.
public struct PyreftFolder {
  static let configurationName = "config.json"

  /// True for a folder with a configuration of pyreft's.
  public static func isFolder(_ url: URL) -> Bool {
    let file = try? ModelConfiguration(contentsOf: url.appending(component: configurationName))
    return file?.fields["intervention_types"] != nil
  }

  /// The folder, as errors name it.
  public let path: String
  /// The interventions, in pyreft's order.
  public let entries: [PyreftEntry]
  private let configuration: String

  /// Reads the configuration and checks the description of every file.
  ///
  /// - Throws: `FineTuningError/invalidAdapter(path:field:expected:found:)` for what pyreft
  ///   doesn't write or what has no meaning here, `CheckpointError` for a file that is missing or
  ///   damaged.
  public init(contentsOf url: URL) throws {
    let file = try ModelConfiguration(
      contentsOf: url.appending(component: Self.configurationName))
    func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
      .invalidAdapter(path: file.path, field: field, expected: expected, found: found)
    }
    let mode: String = try file.value("mode")
    guard mode == "parallel" else { throw invalid("mode", "parallel", quoted(mode)) }
    let types: [String] = try file.value("intervention_types")
    guard case .array(let places)? = file.fields["representations"], !places.isEmpty else {
      throw invalid("representations", "a list of at least one", "none")
    }
    guard types.count == places.count else {
      throw invalid("intervention_types", "\(places.count), one a representation", "\(types.count)")
    }
    var collisions: [String: Int] = [:]
    var entries: [PyreftEntry] = []
    for (index, (type, place)) in zip(types, places).enumerated() {
      let place = try PyreftPlace(place, "representations[\(index)]", invalid)
      let number = collisions[place.keyStem, default: 0]
      collisions[place.keyStem] = number + 1
      entries.append(
        try PyreftEntry(
          form: PyreftEntry.form(type, "intervention_types[\(index)]", invalid), place: place,
          key: "\(place.keyStem)#\(number)", folder: url))
    }
    if let keys: [String] = try file.valueIfPresent("sorted_keys"),
      let key = keys.first(where: { key in !entries.contains { $0.key == key } })
    {
      throw invalid("sorted_keys", "the representations' keys", quoted(key))
    }
    try Self.requireFrozenBase(url)
    (path, configuration) = (url.path(percentEncoded: false), file.path)
    self.entries = entries
  }

  /// pyreft can save trained weights of the model itself beside the interventions.
  private static func requireFrozenBase(_ folder: URL) throws {
    let url = folder.appending(component: "pytorch_model.bin")
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else { return }
    let archive = try TorchArchive(contentsOf: url)
    guard archive.names.isEmpty else {
      throw FineTuningError.invalidAdapter(
        path: archive.path, field: "weights", expected: "none, as the base model stays as it is",
        found: "\(archive.names.count) tensors")
    }
  }

  /// The interventions at positions of the prompt.
  ///
  /// Two interventions at one place are those of the first and of the last positions of `fN+lM`. Of
  /// short prompts pyreft takes at most one half for the first and one for the last positions; so
  /// do imported interventions, whose positions are `fN+lM/2`.
  ///
  /// - Parameters:
  ///   - positions: those that it was trained at
  ///   - activation: that of `act_fn`; nil is the identity. Forms without W have none.
  /// - Throws: `FineTuningError/invalidAdapter(path:field:expected:found:)` naming what doesn't
  ///   fit the model, the positions or the activation, `ModelError` for a site that the model
  ///   lacks.
  public func adapter(
    for base: LanguageModel, positions: Positions, activation: Activation? = nil
  ) throws -> InterventionAdapter {
    guard activation == nil || entries.contains(where: { $0.form.hasWeight }) else {
      throw invalid("activation", "none for \(entries[0].form.rawValue)", "one")
    }
    let layers = base.architecture.layers
    if let entry = entries.first(where: { $0.layer >= layers }) {
      throw invalid("representations", "layers 0 to \(layers - 1)", "layer \(entry.layer)")
    }
    let sites = try self.sites(positions)
    let placed = try zip(entries, sites).map { entry, site in
      if let other = PyreftTarget.otherMeaning(site.component, site.layer, base) {
        throw invalid(
          "representations", "a component that means the same here",
          "\(site.component.rawValue) of \(base.architecture.name), which in pyvene is "
            + other.rawValue)
      }
      let reft = try entry.intervention(
        width: base.width(of: site), activation: entry.form.hasWeight ? activation : nil)
      return PlacedIntervention(reft, at: site)
    }
    let adapter = InterventionAdapter(placed)
    try adapter.validate(for: base.network)
    return adapter
  }

  /// The site of each entry, the first and the last positions told apart.
  private func sites(_ positions: Positions) throws -> [Site] {
    var met: [Site: Int] = [:]
    let positions = positions.asInPyreft
    let whole = entries.map { Site($0.component, layer: $0.layer, positions) }
    let counts = whole.reduce(into: [Site: Int]()) { $0[$1, default: 0] += 1 }
    return try whole.map { site in
      if counts[site] == 1 { return site }
      guard counts[site] == 2, case .halves(let first, let last) = positions else {
        throw invalid(
          "representations", "one intervention at \(site), or two with positions such as f7+l7",
          "\(counts[site] ?? 0)")
      }
      var site = site
      let number = met[site, default: 0]
      met[site] = number + 1
      site.positions = number == 0 ? .halves(first: first, last: 0) : .halves(first: 0, last: last)
      return site
    }
  }

  private func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
    .invalidAdapter(path: configuration, field: field, expected: expected, found: found)
  }
}

extension Positions {
  /// The positions that pyreft means by these.
  fileprivate var asInPyreft: Positions {
    switch self {
    case .first(let count): .halves(first: count, last: 0)
    case .last(let count): .halves(first: 0, last: count)
    case .firstAndLast(let first, let last): .halves(first: first, last: last)
    default: self
    }
  }
}

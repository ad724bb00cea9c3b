import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeModels

/// The place where one of pyreft's interventions acts: an item of `representations` in its
/// configuration.
///
/// The item is a list: layer, component, unit, number of units, rank, then what interventions are
/// made with. Linked interventions are refused: what pyvene then edits is not each one's own
/// vector, but the vector that the one before has edited.
struct PyreftPlace {
  typealias Invalid = (_ field: String, _ expected: String, _ found: String) -> FineTuningError

  let component: Component
  let layer: Int
  /// The rank, where the configuration has it.
  let rank: Int?
  /// The name of its file up to the number that tells those of one place apart.
  let keyStem: String

  /// The number of items that pyvene writes.
  static let itemCount = 14

  /// The names of the list's items that must be empty, by index.
  private static let unused = [
    5: "intervention_type", 6: "intervention", 7: "subspace_partition",
    9: "intervention_link_key", 10: "moe_key", 11: "source_representation",
    12: "hidden_source_representation", 13: "latent_dim",
  ]

  init(_ value: JSONValue, _ field: String, _ invalid: Invalid) throws {
    guard case .array(let items) = value, (5...Self.itemCount).contains(items.count) else {
      throw invalid(field, "a list of 5 to \(Self.itemCount) items", "something else")
    }
    guard let place = String(json: items[1]), let unit = String(json: items[2]),
      let units = Int(json: items[3]), units >= 1
    else {
      throw invalid(field, "a component, a unit and a number of units", "something else")
    }
    guard unit == "pos" else { throw invalid("\(field) unit", "pos", quoted(unit)) }
    for (index, name) in Self.unused.sorted(by: { $0.key < $1.key }) where index < items.count {
      guard items[index] == .null else { throw invalid("\(field) \(name)", "null", "a value") }
    }
    rank = items[4] == .null ? nil : Int(json: items[4])
    guard items[4] == .null || rank != nil else {
      throw invalid("\(field) low_rank_dimension", "an integer or null", "another value")
    }
    if let path = try ModulePath(place, field, invalid) {
      (component, layer) = (path.component, path.layer)
      keyStem = Self.keyStem(place, layer: nil, unit, units)
      return
    }
    guard let named = Component(rawValue: place) else {
      throw invalid(
        "\(field) component", Component.allCases.map(\.rawValue).joined(separator: ", "),
        quoted(place))
    }
    guard let number = Int(json: items[0]), number >= 0 else {
      throw invalid("\(field) layer", "a number from 0", "another value")
    }
    (component, layer) = (named, number)
    keyStem = Self.keyStem(place, layer: number, unit, units)
  }

  /// The beginning of a file's name, as pyvene makes it; the layer of a path is in the path.
  static func keyStem(_ place: String, layer: Int?, _ unit: String, _ units: Int) -> String {
    let prefix = layer.map { "layer_\($0)_" } ?? ""
    return "\(prefix)comp_\(place.replacing(".", with: "_"))_unit_\(unit)_nunit_\(units)"
  }
}

/// A place by the path of a module in transformers' models, such as `model.layers[3].mlp.output`.
struct ModulePath {
  let component: Component
  let layer: Int

  /// The part of a path that follows the block, where it means in every model what the component
  /// means.
  static let components: [String: Component] = [
    "input": .blockInput, "output": .blockOutput,
    "self_attn.output": .attentionOutput, "attn.output": .attentionOutput,
    "self_attn.o_proj.input": .attentionValueOutput, "self_attn.q_proj.output": .queryOutput,
    "self_attn.k_proj.output": .keyOutput, "self_attn.v_proj.output": .valueOutput,
    "mlp.input": .mlpInput,
    "mlp.down_proj.input": .mlpHidden, "mlp.output": .mlpOutput,
  ]

  /// Nil for a name without a dot, which is no path.
  init?(_ path: String, _ field: String, _ invalid: PyreftPlace.Invalid) throws {
    guard path.contains(".") else { return nil }
    let block = /(?:model\.layers|model\.decoder\.layers|transformer\.h)\[([0-9]{1,6})\]\.(.+)/
    let parts = path.wholeMatch(of: block)
    guard let parts, let layer = Int(parts.1), let component = Self.components[String(parts.2)]
    else {
      let known = Self.components.keys.sorted().joined(separator: ", ")
      throw invalid(
        "\(field) component", "model.layers[N]. or transformer.h[N]. with one of \(known)",
        quoted(path))
    }
    (self.component, self.layer) = (component, layer)
  }
}

import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension RepresentationEditing: StorableIntervention {
  public static var methods: [String] { ["red"] }
  public var storedTensors: [(name: String, tensor: Tensor)] {
    [("scale", scale.value), ("bias", bias.value)]
  }

  public convenience init(from stored: StoredIntervention) throws {
    self.init(
      scale: try stored.tensor("scale", [stored.width]),
      bias: try stored.tensor("bias", [stored.width]))
  }
}

/// Representation editing (arXiv 2402.15179), by default of what every MLP adds, at every position.
enum REDMethod: AdapterMethod {
  static let names = ["red"]
  static let summary = "Representation editing: scaled and shifted vectors (arXiv 2402.15179)."
  static let choices: [AdapterChoice] = [
    .layers, .component.defaulting(to: Component.mlpOutput),
    .positions.defaulting(to: Positions.every), .isTied, .dropout,
  ]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    try placedInterventions(configuration, base) { site, _ in
      RepresentationEditing(width: try base.width(of: site))
    }
  }
}

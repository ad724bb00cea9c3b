import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension RepresentationEditing: StorableIntervention {
  static var methods: [String] { ["red"] }
  var traits: InterventionTraits { InterventionTraits() }
  var storedTensors: [(name: String, tensor: Tensor)] {
    [("scale", scale.value), ("bias", bias.value)]
  }

  convenience init(from stored: StoredIntervention) throws {
    self.init(
      scale: try stored.tensor("scale", [stored.width]),
      bias: try stored.tensor("bias", [stored.width]))
  }
}

/// Representation editing (arXiv 2402.15179), by default of what every MLP adds, at every position.
enum REDMethod: AdapterMethod {
  static let names = ["red"]
  static let choices: Set<AdapterChoice> = [.layers, .component, .positions, .isTied, .dropout]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    var configuration = configuration
    configuration.component = configuration.component ?? .mlpOutput
    return try placedInterventions(configuration, base, defaultPositions: .every) { site, _ in
      RepresentationEditing(width: try base.model.width(of: site))
    }
  }
}

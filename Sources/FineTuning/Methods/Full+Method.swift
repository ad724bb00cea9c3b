import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension WeightUpdate: StorableIntervention {
  static var methods: [String] { ["full"] }
  var traits: InterventionTraits { InterventionTraits() }
  var storedTensors: [(name: String, tensor: Tensor)] { [("delta", delta.value)] }

  convenience init(from stored: StoredIntervention) throws {
    self.init(
      delta: try stored.tensor("delta", [stored.width, stored.requiredSourceWidth()]))
  }
}

/// Full fine-tuning of the projections' weights: all that a block multiplies by.
enum FullMethod: AdapterMethod {
  static let names = ["full"]
  static let choices: Set<AdapterChoice> = [.layers, .projections]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    return try projectionInterventions(configuration, base) {
      _, _, width, inputWidth in
      WeightUpdate(delta: .zeros([width, inputWidth]))
    }
  }
}

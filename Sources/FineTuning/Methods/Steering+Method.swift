import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension Steering: StorableIntervention {
  static var methods: [String] { ["steering"] }
  var traits: InterventionTraits { InterventionTraits(isTrained: isTrained) }
  var storedTensors: [(name: String, tensor: Tensor)] {
    [("vector", vector), ("coefficient", coefficient.value)]
  }

  convenience init(from stored: StoredIntervention) throws {
    self.init(
      try stored.tensor("vector", [stored.width]),
      coefficient: try stored.tensor("coefficient", [1]).elements[0],
      isTrained: stored.traits.isTrained ?? false)
  }
}

/// Steering vectors: given or computed ones at every position, of which training finds only how much
/// of each is added.
enum SteeringMethod: AdapterMethod {
  static let names = ["steering"]
  static let choices: Set<AdapterChoice> = [.layers, .component, .positions, .coefficient]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    guard let vectors = inputs.steeringVectors else {
      throw FineTuningError.invalidSetting(
        name: "steering", expected: "vectors, or pairs to compute them from", found: "none")
    }
    return try placedInterventions(configuration, base, defaultPositions: .every) { site, _ in
      guard let vector = vectors[site.layer] else {
        throw FineTuningError.invalidSetting(
          name: "steering", expected: "a vector for layer \(site.layer)",
          found: "those of layers \(vectors.keys.sorted())")
      }
      return Steering(
        vector, coefficient: Float(configuration.coefficient ?? 0),
        isTrained: configuration.coefficient == nil)
    }
  }
}

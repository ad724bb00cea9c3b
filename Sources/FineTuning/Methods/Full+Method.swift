import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension WeightUpdate: StorableIntervention {
  public static var methods: [String] { ["full"] }
  public var storedTensors: [(name: String, tensor: Tensor)] { [("delta", delta.value)] }

  public convenience init(from stored: StoredIntervention) throws {
    self.init(
      delta: try stored.tensor("delta", [stored.width, stored.requiredSourceWidth()]))
  }
}

/// Full fine-tuning of the projections' weights: all that a block multiplies by.
enum FullMethod: AdapterMethod {
  static let names = ["full"]
  static let summary = "All weights of the projections, all that a block multiplies by."
  static let choices: [AdapterChoice] = [.layers, .everyProjection]

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

import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension Steering: StorableIntervention {
  public static var methods: [String] { ["steering"] }
  /// True where training changes the coefficient.
  public struct Traits: Codable, Sendable {
    let isTrained: Bool?
  }

  public var traits: Traits { Traits(isTrained: isTrained) }
  public var storedTensors: [(name: String, tensor: Tensor)] {
    [("vector", vector), ("coefficient", coefficient.value)]
  }

  public convenience init(from stored: StoredIntervention) throws {
    self.init(
      try stored.tensor("vector", [stored.width]),
      coefficient: try stored.tensor("coefficient", [1]).elements[0],
      isTrained: try stored.traits(as: Traits.self).isTrained ?? false)
  }
}

extension AdapterChoice {
  /// The coefficient of a steering vector; found by training when nothing is chosen.
  public static let coefficient = number(
    "coefficient", "How much of a steering vector is added.", valueName: "c",
    range: "a number from -1e6 to 1e6", isInRange: { abs($0) <= 1e6 })
}

extension AdapterConfiguration {
  /// The coefficient of a steering vector; found by training when nil.
  public var coefficient: Double? {
    get { self[.coefficient] }
    set { self[.coefficient] = newValue }
  }
}

/// Steering vectors: given or computed ones at every position, of which training finds only how
/// much of each is added.
enum SteeringMethod: AdapterMethod {
  static let names = ["steering"]
  static let summary = "Steering vectors, given or from contrast pairs (arXiv 2308.10248)."
  static let choices: [AdapterChoice] = [
    .layers, .component.defaulting(to: Component.blockOutput),
    .positions.defaulting(to: Positions.every), .coefficient.defaulting(to: "trained"),
  ]
  static let inputs: Set<AdapterInputs.Kind> = [.steeringVectors]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    guard let vectors = inputs.steeringVectors else {
      throw FineTuningError.invalidSetting(
        name: "steering", expected: "vectors, or pairs to compute them from", found: "none")
    }
    return try placedInterventions(configuration, base) { site, _ in
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

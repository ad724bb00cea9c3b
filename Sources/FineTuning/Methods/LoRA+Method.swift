import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension LowRankUpdate: StorableIntervention {
  static var methods: [String] { ["lora"] }
  var traits: InterventionTraits { InterventionTraits(rank: rank, scale: scale) }
  var storedTensors: [(name: String, tensor: Tensor)] {
    [("down", down.value), ("up", up.value)]
  }

  convenience init(from stored: StoredIntervention) throws {
    let inputWidth = try stored.requiredSourceWidth()
    let rank = try stored.rank(upTo: min(stored.width, inputWidth))
    guard let scale = stored.traits.scale, scale.isFinite else {
      throw stored.invalid("scale", "a number", "none")
    }
    self.init(
      down: try stored.tensor("down", [rank, inputWidth]),
      up: try stored.tensor("up", [stored.width, rank]), scale: scale)
  }
}

/// Low-rank updates of projections (arXiv 2106.09685), by default of queries and values.
enum LoRAMethod: AdapterMethod {
  static let names = ["lora"]
  static let choices: Set<AdapterChoice> = [.layers, .projections, .rank, .alpha, .dropout]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    var generator = RandomGenerator(seed: seed)
    return try projectionInterventions(configuration, base, defaults: [.query, .value]) {
      _, _, width, inputWidth in
      let rank = try rank(configuration, default: 8, width, inputWidth)
      let alpha = configuration.alpha ?? 2 * Double(rank)
      return LowRankUpdate(
        rank: rank, inputWidth: inputWidth, width: width, scale: Float(alpha / Double(rank)),
        using: &generator)
    }
  }
}

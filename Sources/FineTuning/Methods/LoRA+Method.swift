import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension LowRankUpdate: StorableIntervention {
  public static var methods: [String] { ["lora"] }
  /// The rank r and α/r.
  public struct Traits: Codable, Sendable {
    let rank: Int?
    let scale: Float?
  }

  public var traits: Traits { Traits(rank: rank, scale: scale) }
  public var storedTensors: [(name: String, tensor: Tensor)] {
    [("down", down.value), ("up", up.value)]
  }

  public convenience init(from stored: StoredIntervention) throws {
    let inputWidth = try stored.requiredSourceWidth()
    let traits = try stored.traits(as: Traits.self)
    let rank = try stored.rank(traits.rank, upTo: min(stored.width, inputWidth))
    guard let scale = traits.scale, scale.isFinite else {
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
  static let summary = "Low-rank updates of projections (arXiv 2106.09685)."
  static let choices: [AdapterChoice] = [
    .layers,
    .projections.defaulting(to: "query and value, and those of a cross-attention") { _, base in
      [Projection.query, .value, .crossQuery, .crossValue].filter {
        $0.isSelfAttention || base.architecture.hasProjection($0)
      }
    }, .rank.defaulting(to: 8),
    .alpha.defaulting(to: "twice the rank") { configuration, _ in
      configuration.rank.map { 2 * Double($0) }
    },
    .dropout,
  ]

  static func searched(_ name: String) -> [MethodSpace.Axis] {
    [
      .rank,
      MethodSpace.Axis(.projections, ["query+value", "query+key+value+output", "all"]),
      .dropout, .rate,
    ]
  }

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    var generator = RandomGenerator(seed: seed)
    return try projectionInterventions(configuration, base) { _, _, width, inputWidth in
      let rank = try rank(configuration, width, inputWidth)
      let alpha: Double = try configuration.value(.alpha)
      return LowRankUpdate(
        rank: rank, inputWidth: inputWidth, width: width, scale: Float(alpha / Double(rank)),
        using: &generator)
    }
  }
}

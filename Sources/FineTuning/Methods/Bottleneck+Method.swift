import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension Bottleneck: StorableIntervention {
  public static var methods: [String] { ["serial-adapter", "parallel-adapter"] }
  /// The bottleneck's width, the non-linearity, and what the sum is multiplied by.
  public struct Traits: Codable, Sendable {
    let rank: Int?
    let activation: Activation?
    let scale: Float?
  }

  public var traits: Traits { Traits(rank: rank, activation: activation, scale: scale) }
  public var storedTensors: [(name: String, tensor: Tensor)] {
    parameters.map { ($0.name, $0.value) }
  }

  public convenience init(from stored: StoredIntervention) throws {
    let isParallel = stored.method == "parallel-adapter"
    let inputWidth = isParallel ? try stored.requiredSourceWidth() : stored.width
    let traits = try stored.traits(as: Traits.self)
    let rank = try stored.rank(traits.rank, upTo: min(stored.width, inputWidth))
    guard let scale = traits.scale, scale.isFinite else {
      throw stored.invalid("scale", "a number", "none")
    }
    guard let activation = traits.activation else {
      throw stored.invalid("activation", "a non-linearity", "none")
    }
    self.init(
      down: (
        try stored.tensor("down", [rank, inputWidth]), try stored.tensor("down_bias", [rank])
      ),
      up: (
        try stored.tensor("up", [stored.width, rank]), try stored.tensor("up_bias", [stored.width])
      ), activation: activation, scale: scale, isParallel: isParallel)
  }
}

/// Bottleneck adapters: serial ones after attention and MLP (arXiv 1902.00751), parallel ones
/// beside the MLP (arXiv 2110.04366).
enum BottleneckMethod: AdapterMethod {
  static let names = Bottleneck.methods
  static let summary =
    "Bottleneck adapters after a sub-layer (arXiv 1902.00751) or beside it (arXiv 2110.04366)."
  static let choices: [AdapterChoice] = [
    .layers,
    .component.defaulting(to: "attention_output and mlp_output; of a parallel one mlp_output") {
      configuration, _ in isParallel(configuration) ? Component.mlpOutput : nil
    },
    .rank.defaulting(to: 16), .alpha.defaulting(to: 1.0),
    .activation.defaulting(to: Activation.relu), .dropout,
  ]

  static func searched(_ name: String) -> [MethodSpace.Axis] {
    [MethodSpace.Axis(.rank, ["4", "16", "64"]), .rate]
  }

  private static func isParallel(_ configuration: AdapterConfiguration) -> Bool {
    configuration.method == names[1]
  }

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    let isParallel = isParallel(configuration)
    var generator = RandomGenerator(seed: seed)
    let layers = try (configuration.layers ?? .all).resolved(base.architecture.layers)
    let places = try places(configuration, isParallel: isParallel)
    return InterventionAdapter(
      try layers.flatMap { layer in
        try places.filter {
          $0.0 != .crossAttentionOutput || configuration.component != nil
            || base.architecture.hasComponent($0.0, layer: layer)
        }.map { component, input in
          let site = Site(component, layer: layer, .every)
          let width = try base.width(of: site)
          let inputWidth = try input.map { try base.width(of: Site($0, layer: layer)) }
          let rank = try rank(configuration, width, inputWidth ?? width)
          let adapter = Bottleneck(
            rank: rank, inputWidth: inputWidth ?? width, width: width,
            activation: try configuration.value(.activation),
            scale: Float(try configuration.value(.alpha, as: Double.self)),
            isParallel: isParallel, using: &generator)
          return PlacedIntervention(
            adapter, at: site, reading: input, dropout: configuration.dropout ?? 0)
        }
      })
  }

  /// The components that are changed, each with what a parallel adapter reads.
  private static func places(
    _ configuration: AdapterConfiguration, isParallel: Bool
  ) throws -> [(Component, Component?)] {
    let inputs: [Component: Component] = [
      .attentionOutput: .attentionInput, .crossAttentionOutput: .crossAttentionInput,
      .mlpOutput: .mlpInput,
    ]
    guard let component = configuration.component else {
      return isParallel
        ? [(.mlpOutput, .mlpInput)]
        : [(.attentionOutput, nil), (.crossAttentionOutput, nil), (.mlpOutput, nil)]
    }
    guard isParallel else { return [(component, nil)] }
    guard let input = inputs[component] else {
      throw FineTuningError.invalidSetting(
        name: "site", expected: "attention_output, cross_attention_output or mlp_output",
        found: component.rawValue)
    }
    return [(component, input)]
  }
}

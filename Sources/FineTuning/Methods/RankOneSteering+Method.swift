import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

extension RankOneSteering: StorableIntervention {
  public static var methods: [String] { ["reft-r1"] }

  /// The number of averaged latents, the penalty of the others, the factor of the steering, and
  /// what a training kept of its examples.
  public struct Traits: Codable, Sendable {
    let latents: Int?
    let penalty: Float?
    let strength: Float?
    let magnitude: Float?
    let largest: Float?
  }

  public var traits: Traits {
    Traits(
      latents: latents, penalty: penaltyWeight, strength: strength, magnitude: magnitude,
      largest: largestLatent)
  }

  public var storedTensors: [(name: String, tensor: Tensor)] {
    [("direction", direction.value.reshaped([width]))]
  }

  public convenience init(from stored: StoredIntervention) throws {
    let traits = try stored.traits(as: Traits.self)
    guard let latents = traits.latents, latents >= 1 else {
      throw stored.invalid(
        "latents", "at least 1", traits.latents.map { "\($0)" } ?? "none")
    }
    func number(
      _ name: String, _ value: Float?, _ expected: String, _ isTaken: (Float) -> Bool
    ) throws -> Float {
      guard let value, value.isFinite, isTaken(value) else {
        throw stored.invalid(name, expected, value.map { "\($0)" } ?? "none")
      }
      return value
    }
    var settled: (magnitude: Float, largest: Float)?
    if traits.magnitude != nil || traits.largest != nil {
      settled = (
        try number("magnitude", traits.magnitude, "a number above 0") { $0 > 0 },
        try number("largest", traits.largest, "a number above 0") { $0 > 0 }
      )
    }
    let direction = try stored.tensor("direction", [stored.width])
    guard direction.norm > 0 else { throw stored.invalid("direction", "a direction", "zeros") }
    self.init(
      direction, latents: latents,
      penaltyWeight: try number("penalty", traits.penalty, "0 or more") { $0 >= 0 },
      strength: try number("strength", traits.strength, "a number") { _ in true },
      settled: settled)
  }
}

extension AdapterChoice {
  /// The number of a sequence's largest latents of which ReFT-r1 takes the mean.
  public static let latents = integer(
    "latents", "How many of a sequence's largest latents steer it in ReFT-r1.", valueName: "k",
    range: "1 to 1000000"
  ) { (1...1_000_000).contains($0) }
}

extension AdapterConfiguration {
  /// The number of a sequence's largest latents of which ReFT-r1 takes the mean.
  public var latents: Int? {
    get { self[.latents] }
    set { self[.latents] = newValue }
  }
}

/// Rank-1 representation fine-tuning (ReFT-r1 of AxBench, arXiv 2501.17148): a direction of length 1
/// that begins at random, by default in one layer in the middle, and at all positions but the first,
/// whose hidden vector is an outlier in many models; in the decoder of an encoder-decoder, where the
/// first position stands for the prompt, at every one.
enum RankOneSteeringMethod: AdapterMethod {
  static let names = RankOneSteering.methods
  static let summary =
    "ReFT-r1: a direction that detects a concept and steers to it (arXiv 2501.17148)."
  static let choices: [AdapterChoice] = [
    .layers.defaulting(to: "the middle one; of an encoder-decoder that of the decoder") { _, base in
      let first = base.architecture.stacks?.encoder.layers ?? 0
      return LayerSelection.layers([first + (base.architecture.layers - first) / 2])
    },
    .component.defaulting(to: Component.blockOutput),
    .positions.defaulting(to: "every-f1; of an encoder-decoder every") { _, base in
      base.architecture.shape.startToken == nil ? .everyAfter(first: 1) : Positions.every
    },
    .latents.defaulting(to: 8),
    .penalty.defaulting(to: 0.005),
  ]

  static func searched(_ name: String) -> [MethodSpace.Axis] {
    [MethodSpace.Axis(.latents, ["1", "8"]), .rate]
  }

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    let penalty: Double = try configuration.value(.penalty)
    return try placedInterventions(configuration, base) { site, index in
      let direction = try Rotation.random(
        rank: 1, width: try base.width(of: site), seed: seed &+ UInt64(index) &* 0x9E37_79B9
      ).parameter.value
      return RankOneSteering(
        try turned(direction, at: site, base), latents: try configuration.value(.latents),
        penaltyWeight: Float(penalty))
    }
  }

  /// The direction or its opposite: the one along which the mean hidden vector of some tokens lies.
  /// Hidden vectors have so much in common that all may lie along the other, where there is no
  /// positive latent to begin with.
  private static func turned(
    _ direction: Tensor, at site: Site, _ base: LanguageModel
  ) throws -> Tensor {
    let count = max(2, min(16, base.architecture.maximumLength))
    let ids = (0..<count).map { $0 * base.tokenizer.count / count }
    let input = base.architecture.input(
      Array(ids[..<(count / 2)]), continuedBy: Array(ids[(count / 2)...]))
    let positions = Array(1..<base.network.positionCount(of: input, at: site))
    let run = try base.run(Request([input], captures: [Cells(site, positions: [positions])]))
    let along = run.captures[0].linear(direction).sum().scalar
    return along < 0 ? (-1 * direction).detached : direction
  }
}

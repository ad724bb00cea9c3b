import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The choices that a user makes for a method, each with a default of the method's own.
public struct AdapterConfiguration: Codable, Sendable, Equatable {
  /// The method's name, such as `loreft`.
  public var method: String
  public var layers: LayerSelection?
  public var component: Component?
  public var positions: Positions?
  /// Whether the first and the last positions of `fN+lM` share their weights.
  public var isTied: Bool?
  /// The projections whose weights or biases are changed.
  public var projections: [Projection]?
  /// The rank of a low-rank edit, or the width of an adapter's bottleneck.
  public var rank: Int?
  /// α: a low-rank update is multiplied by α / rank, a parallel adapter by α.
  public var alpha: Double?
  /// The number of soft tokens.
  public var tokens: Int?
  /// How many prompts are trained side by side and vote.
  public var members: Int?
  /// What soft tokens start as: nothing but noise, tokens of the vocabulary, or those of a text.
  public var initialization: SoftTokens.Initialization?
  /// The width of the network that makes the soft tokens while they are trained; 0 trains them directly.
  public var encoderWidth: Int?
  /// The non-linearity of a ReFT edit or of an adapter.
  public var activation: Activation?
  /// The share of the edit, or of what an update reads, that training leaves out.
  public var dropout: Double?
  /// The share of all changes of weights that diff pruning keeps.
  public var share: Double?
  /// What an open gate of diff pruning adds to the loss.
  public var penalty: Double?
  /// How much of a steering vector is added; found by training when nil.
  public var coefficient: Double?

  public init(method: String) { self.method = method }
}

/// The names of a user's choices, as the command line spells them.
public enum AdapterChoice: String, CaseIterable, Sendable {
  case layers
  case component = "site"
  case positions
  case isTied = "separate"
  case projections, rank, alpha, activation, dropout
  case tokens, members
  case initialization = "start"
  case encoderWidth = "encoder-width"
  case share = "keep"
  case penalty
  case coefficient, subspace
}

/// What a method is made from besides its configuration.
public struct AdapterInputs {
  /// A found subspace, and how it is used.
  public var subspace: (rotation: Rotation, use: SubspaceUse)?
  /// Vectors [width] by layer.
  public var steeringVectors: [Int: Tensor]?

  public init(
    subspace: (rotation: Rotation, use: SubspaceUse)? = nil, steeringVectors: [Int: Tensor]? = nil
  ) {
    (self.subspace, self.steeringVectors) = (subspace, steeringVectors)
  }

  /// The rotation of a new edit: random, or from the subspace.
  func rotation(rank: Int, width: Int, seed: UInt64) throws -> Rotation {
    guard let (rotation, use) = subspace else {
      return try .random(rank: rank, width: width, seed: seed)
    }
    guard rotation.width == width else {
      throw InterventionError.widthMismatch(
        name: "subspace", expected: rotation.width, found: width)
    }
    return switch use {
    case .start: rotation.trainable
    case .fixed: rotation.frozen
    case .constrained: try rotation.within(rank: rank, seed: seed)
    }
  }
}

/// How a method uses a subspace that was found before.
public enum SubspaceUse: String, Codable, Sendable, CaseIterable {
  /// The rotation starts there and is trained.
  case start
  /// The rotation stays as it is; only the source is trained.
  case fixed
  /// The rotation is trained within the subspace.
  case constrained
}

/// A way to make adapters: a file of its own in this folder, and its name here.
protocol AdapterMethod {
  /// The names that a user gives.
  static var names: [String] { get }
  /// The choices that it knows.
  static var choices: Set<AdapterChoice> { get }

  /// An untrained adapter.
  ///
  /// - Throws: an error naming the choice that doesn't fit.
  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter
}

extension AdapterConfiguration {
  private static var methods: [any AdapterMethod.Type] {
    [
      ReFTMethod.self, REDMethod.self, SteeringMethod.self, LoRAMethod.self,
      BottleneckMethod.self, BitFitMethod.self, DiffPruningMethod.self, FullMethod.self,
      SoftTokensMethod.self, ProbeMethod.self,
    ]
  }

  /// The names of all methods.
  public static var methodNames: [String] { methods.flatMap { $0.names } }

  /// An untrained adapter of this configuration.
  ///
  /// - Parameters:
  ///   - seed: of what starts at random
  ///   - inputs: a subspace to use, steering vectors
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for an unknown method or a choice
  ///   that the method doesn't have, `ModelError` or `InterventionError` for one that doesn't fit.
  public func makeAdapter(
    for base: LanguageModel, seed: UInt64 = 0, inputs: AdapterInputs = AdapterInputs()
  ) throws -> any Adapter {
    guard let type = Self.methods.first(where: { $0.names.contains(method) }) else {
      throw FineTuningError.invalidSetting(
        name: "method", expected: Self.methodNames.joined(separator: ", "), found: method)
    }
    for choice in AdapterChoice.allCases where isMade(choice, inputs) {
      guard type.choices.contains(choice) else {
        throw FineTuningError.invalidSetting(
          name: choice.rawValue, expected: "nothing, as \(method) has no such choice",
          found: "a choice")
      }
    }
    if let dropout, !(0..<1).contains(dropout) {
      throw FineTuningError.invalidSetting(
        name: "dropout", expected: "0 to below 1", found: "\(dropout)")
    }
    return try type.make(self, for: base, seed: seed, inputs: inputs)
  }

  private func isMade(_ choice: AdapterChoice, _ inputs: AdapterInputs) -> Bool {
    switch choice {
    case .layers: layers != nil
    case .component: component != nil
    case .positions: positions != nil
    case .isTied: isTied == false
    case .projections: projections != nil
    case .rank: rank != nil
    case .alpha: alpha != nil
    case .tokens: tokens != nil
    case .members: members != nil
    case .initialization: initialization != nil
    case .encoderWidth: encoderWidth != nil
    case .activation: activation != nil
    case .dropout: (dropout ?? 0) != 0
    case .share: share != nil
    case .penalty: penalty != nil
    case .coefficient: coefficient != nil
    case .subspace: inputs.subspace != nil
    }
  }
}

extension AdapterMethod {
  /// One intervention for each layer, or one each for the first and the last positions.
  static func placedInterventions(
    _ configuration: AdapterConfiguration, _ base: LanguageModel, defaultPositions: Positions,
    make: (_ site: Site, _ index: Int) throws -> any Intervention
  ) throws -> InterventionAdapter {
    let positions = configuration.positions ?? defaultPositions
    let parts = configuration.isTied == false ? positions.ends ?? [positions] : [positions]
    let layers = try (configuration.layers ?? .all).resolved(base.model.architecture.layers)
    let sites = layers.flatMap { layer in
      parts.map { Site(configuration.component ?? .blockOutput, layer: layer, $0) }
    }
    return InterventionAdapter(
      try sites.enumerated().map { index, site in
        PlacedIntervention(
          try make(site, index), at: site, dropout: configuration.dropout ?? 0)
      })
  }

  /// One intervention for each layer and projection, at every position.
  ///
  /// - Parameters:
  ///   - defaults: the projections where none are chosen; all that the model has when nil
  ///   - reads: whether the change depends on what the projection reads
  /// - Throws: `ModelError` for a projection that the model lacks.
  static func projectionInterventions(
    _ configuration: AdapterConfiguration, _ base: LanguageModel, defaults: [Projection]? = nil,
    reads: Bool = true,
    make: (_ projection: Projection, _ layer: Int, _ width: Int, _ inputWidth: Int) throws
      -> any Intervention
  ) throws -> InterventionAdapter {
    let architecture = base.model.architecture
    let layers = try (configuration.layers ?? .all).resolved(architecture.layers)
    let projections =
      configuration.projections ?? defaults
      ?? Projection.allCases.filter { architecture.dimensions(of: $0.component) != nil }
    return InterventionAdapter(
      try layers.flatMap { layer in
        try projections.map { projection in
          let site = Site(projection.component, layer: layer, .every)
          let made = try make(
            projection, layer, base.model.width(of: site),
            base.model.width(of: Site(projection.input, layer: layer)))
          return PlacedIntervention(
            made, at: site, reading: reads ? projection.input : nil,
            dropout: configuration.dropout ?? 0)
        }
      })
  }

  /// A rank from 1 to the smaller of two widths.
  static func rank(
    _ configuration: AdapterConfiguration, default rank: Int, _ width: Int, _ inputWidth: Int
  ) throws -> Int {
    let (rank, largest) = (configuration.rank ?? rank, min(width, inputWidth))
    guard (1...largest).contains(rank) else {
      throw InterventionError.rankOutOfRange(rank: rank, width: largest)
    }
    return rank
  }
}

extension Positions {
  /// The first and the last positions of `fN+lM` apart, for weights of their own; nil for others.
  var ends: [Positions]? {
    guard case .firstAndLast(let first, let last) = self else { return nil }
    return [.firstAndLast(first, 0), .lastAfterFirst(first: first, last)]
  }
}

import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A way to make adapters: its names, the choices that users have, and how one is made.
///
/// The command line, `tune`, records and help follow from it. One of this package is a file in this
/// folder and a line in ``AdapterMethods``; one from outside is a type that is registered there:
///
/// ```
/// enum DoublingMethod: AdapterMethod {
///   static let names = ["doubling"]
///   static let summary = "Vectors times a trained number."
///   static let choices: [AdapterChoice] = [.layers, .strength.defaulting(to: 1.0)]
///
///   static func make(
///     _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
///     inputs: AdapterInputs
///   ) throws -> any Adapter { … }
/// }
/// try AdapterMethods.register(DoublingMethod.self)
/// ```
public protocol AdapterMethod: SendableMetatype {
  /// The names that a user gives; several for a family.
  static var names: [String] { get }
  /// A line for users, with the paper.
  static var summary: String { get }
  /// The choices that it knows, each with the method's own default. A default may follow from the
  /// choices before it.
  static var choices: [AdapterChoice] { get }
  /// The things that it can be made from besides its configuration.
  static var inputs: Set<AdapterInputs.Kind> { get }
  /// The values that a search varies where nothing is said: what the methods' papers vary.
  ///
  /// - Parameter name: one of ``names``
  static func searched(_ name: String) -> [MethodSpace.Axis]

  /// An untrained adapter.
  ///
  /// - Parameters:
  ///   - configuration: one of this method's names, with its choices and defaults alone, all in
  ///     range
  ///   - seed: of what starts at random
  /// - Throws: an error naming the choice that doesn't fit.
  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter
}

extension AdapterMethod {
  public static var inputs: Set<AdapterInputs.Kind> { [] }
  public static func searched(_ name: String) -> [MethodSpace.Axis] { [.wideRate] }
}

extension AdapterMethod {
  /// One intervention for each layer, or one each for the first and the last positions: of the
  /// choices `layers`, `component`, `positions`, `isTied` and `dropout`.
  ///
  /// - Throws: as `make`, ``FineTuningError`` without positions, `ModelError` for a layer that the
  ///   model lacks.
  public static func placedInterventions(
    _ configuration: AdapterConfiguration, _ base: LanguageModel,
    make: (_ site: Site, _ index: Int) throws -> any Intervention
  ) throws -> InterventionAdapter {
    let positions: Positions = try configuration.value(.positions)
    let parts = configuration.isTied == false ? positions.ends ?? [positions] : [positions]
    let layers = try (configuration.layers ?? .all).resolved(base.architecture.layers)
    let sites = layers.flatMap { layer in
      parts.map { Site(configuration.component ?? .blockOutput, layer: layer, $0) }
    }
    return InterventionAdapter(
      try sites.enumerated().map { index, site in
        PlacedIntervention(
          try make(site, index), at: site, dropout: configuration.dropout ?? 0)
      })
  }

  /// One intervention for each layer and projection, at every position: of the choices `layers`,
  /// `projections` and `dropout`.
  ///
  /// - Parameter reads: whether the change depends on what the projection reads
  /// - Throws: as `make`, `ModelError` for a projection or a layer that the model lacks.
  public static func projectionInterventions(
    _ configuration: AdapterConfiguration, _ base: LanguageModel, reads: Bool = true,
    make: (_ projection: Projection, _ layer: Int, _ width: Int, _ inputWidth: Int) throws
      -> any Intervention
  ) throws -> InterventionAdapter {
    let layers = try (configuration.layers ?? .all).resolved(base.architecture.layers)
    let chosen: [Projection] = try configuration.value(.projections)
    // All of them are all that the model has: not every one has a gate or a cross-attention.
    let projections = chosen.filter {
      chosen.count < Projection.allCases.count || base.architecture.hasProjection($0)
    }
    return InterventionAdapter(
      try layers.flatMap { layer in
        // A layer may have other maps than the rest: experts in the place of an MLP.
        try projections.filter {
          base.architecture.hasProjection($0, layer: layer)
            || !base.architecture.hasProjection($0)
        }.map { projection in
          let site = Site(base.architecture.component(of: projection), layer: layer, .every)
          let made = try make(
            projection, layer, base.width(of: site),
            base.width(of: Site(projection.input, layer: layer)))
          return PlacedIntervention(
            made, at: site, reading: reads ? projection.input : nil,
            dropout: configuration.dropout ?? 0)
        }
      })
  }

  /// A rank from 1 to the smaller of two widths.
  ///
  /// - Throws: `InterventionError/rankOutOfRange(rank:width:)`.
  public static func rank(
    _ configuration: AdapterConfiguration, _ width: Int, _ inputWidth: Int
  ) throws -> Int {
    let (rank, largest): (Int, Int) = (try configuration.value(.rank), min(width, inputWidth))
    guard rank >= 1, rank <= largest else {
      throw InterventionError.rankOutOfRange(rank: rank, width: largest)
    }
    return rank
  }
}

extension AdapterChoice {
  /// The projections that a model has, where none are chosen.
  static let everyProjection = projections.defaulting(to: "all that the model has") { _, base in
    Projection.allCases.filter {
      base.architecture.hasProjection($0)
    }
  }
}

extension Positions {
  /// The first and the last positions of `fN+lM` apart, for weights of their own; nil for others.
  package var ends: [Positions]? {
    guard case .firstAndLast(let first, let last) = self else { return nil }
    return [.firstAndLast(first, 0), .lastAfterFirst(first: first, last)]
  }
}

import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension BiasUpdate: StorableIntervention {
  public static var methods: [String] { ["bitfit"] }
  public var storedTensors: [(name: String, tensor: Tensor)] { [("bias", bias.value)] }

  public convenience init(from stored: StoredIntervention) throws {
    self.init(bias: try stored.tensor("bias", [stored.width]))
  }
}

/// BitFit (arXiv 2106.10199): the bias terms that the model has, of all projections and norms, or
/// of chosen projections. Those of a pooler and of a head are not among them.
enum BitFitMethod: AdapterMethod {
  static let names = ["bitfit"]
  static let summary = "The bias terms that the model has (arXiv 2106.10199)."
  static let choices: [AdapterChoice] = [
    .layers, .projections.defaulting(to: "all that have a bias, and the norms"),
  ]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    let architecture = base.architecture
    let present = Projection.allCases.filter { architecture.hasBias($0) }
    var chosen = configuration
    if chosen.projections?.count == Projection.allCases.count { chosen.projections = present }
    if let missing = chosen.projections?.first(where: { !present.contains($0) })
      ?? (present.isEmpty ? Projection.query : nil)
    {
      throw FineTuningError.invalidSetting(
        name: "projections",
        expected: present.isEmpty
          ? "a model with biases (\(architecture.name) has none)"
          : "those with a bias: \(present.map(\.rawValue).joined(separator: ", "))",
        found: missing.rawValue)
    }
    chosen.projections = chosen.projections ?? present
    let projections = try projectionInterventions(chosen, base, reads: false) {
      _, _, width, _ in BiasUpdate(width: width)
    }
    guard configuration.projections == nil else { return projections }
    let norms = try (configuration.layers ?? .all).resolved(architecture.layers).flatMap { layer in
      try architecture.biasedNorms(layer).map { component in
        let site = Site(component, layer: layer, .every)
        return PlacedIntervention(BiasUpdate(width: try base.width(of: site)), at: site)
      }
    }
    return InterventionAdapter(projections.interventions + norms)
  }
}

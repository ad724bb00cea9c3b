import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// Directions of the residual stream, one for each of some layers, to be added to hidden vectors.
public struct SteeringVectors: Sendable {
  /// A way to find a direction in the hidden vectors of contrast pairs.
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// The mean of the positive texts minus that of the negative ones.
    case differenceOfMeans = "mean"
    /// The first principal component of the pairs' differences (arXiv 2310.01405), as long as their
    /// mean along it.
    case principalComponent = "pca"
  }

  /// The component to which the vectors are added.
  public let component: Component
  /// Vectors [width] by layer, at least one, all of one width.
  public let vectors: [Int: Tensor]
  /// The architecture of the model that they are of, when it is known.
  public let architecture: String?

  /// - Parameter vectors: [width] by layer, at least one
  public init(
    _ vectors: [Int: Tensor], component: Component = .blockOutput, architecture: String? = nil
  ) {
    require(
      Set(vectors.values.map(\.shape)).count == 1
        && vectors.values.allSatisfy { $0.shape.count == 1 },
      "SteeringVectors: expected vectors of one width, got \(vectors.values.map(\.shape))")
    (self.vectors, self.component, self.architecture) = (vectors, component, architecture)
  }

  /// The layers in rising order.
  public var layers: [Int] { vectors.keys.sorted() }

  /// The number of elements of each vector.
  public var width: Int { vectors.values.first?.count ?? 0 }

  /// The layers that are steered when nothing is said: the middle third, where a vector changes
  /// what a text is about and the layers above can still put it into words.
  public static func defaultLayers(of count: Int) -> [Int] {
    Array(count / 3..<max(count / 3 + 1, 2 * count / 3))
  }

  /// The factor of computed vectors when nothing is said: 2.5 over the number of layers, as what is
  /// added at each goes on through the others. It steers a small chat model well; twice as much
  /// begins to break its sentences.
  public static func defaultCoefficient(layers: Int) -> Double { 2.5 / Double(max(1, layers)) }

  /// The vectors of some of the layers; nil when none is left.
  public func filter(_ isKept: (Int) -> Bool) -> SteeringVectors? {
    let kept = vectors.filter { isKept($0.key) }
    return kept.isEmpty
      ? nil : SteeringVectors(kept, component: component, architecture: architecture)
  }

  /// A word on the model that the vectors are of, where it is of another architecture than this
  /// one: names say too little to refuse it. Nil where there is nothing to say.
  public func remark(for base: LanguageModel) -> String? {
    guard let architecture, architecture.lowercased() != base.architecture.name.lowercased() else {
      return nil
    }
    return "the vectors are of a model of the architecture \(architecture); this one is of "
      + base.architecture.name
  }

  /// The vectors as an adapter: c·v is added at every position, of the prompt and of what follows
  /// it.
  ///
  /// - Parameters:
  ///   - layers: those that are steered; by default all that have a vector
  ///   - coefficient: c; found by training when nil
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for a layer without a
  ///   vector, `ModelError` or `InterventionError` when they don't fit the model.
  public func makeAdapter(
    for base: LanguageModel, layers: LayerSelection? = nil, coefficient: Double?
  ) throws -> any Adapter {
    var configuration = AdapterConfiguration(method: "steering")
    configuration.layers = layers ?? .layers(self.layers)
    configuration.component = component
    configuration.coefficient = coefficient
    let adapter = try configuration.makeAdapter(
      for: base, inputs: AdapterInputs(steeringVectors: vectors))
    try adapter.validate(for: base.network)
    return adapter
  }
}

import InterchangeModels

/// The examples' own sources: what an interchange reads.
public struct CounterfactualSource: InterventionSource {
  /// Vectors of the first source of each example.
  public init() {}
  public var isCounterfactual: Bool { true }

  public func reader(
    of examples: [AlignmentExample], at sites: [Site], in model: Model, store: ActivationStore
  ) throws -> any SourceReader {
    InputReader(
      inputs: examples.map { $0.sources[0] }, sites: sites, model: model, store: store)
  }
}

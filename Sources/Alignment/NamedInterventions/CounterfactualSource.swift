import InterchangeModels
import InterchangeTensors

/// The examples' own sources: what an interchange reads.
public struct CounterfactualSource: InterventionSource {
  /// Vectors of the first source of each example.
  public init() {}
  public var isCounterfactual: Bool { true }

  public func reader(
    of examples: [AlignmentExample], at sites: [Site], in model: Model, store: ActivationStore
  ) throws -> any SourceReader {
    Reader(inputs: examples.map { $0.sources[0] }, sites: sites, model: model, store: store)
  }

  private struct Reader: SourceReader {
    let inputs: [ModelInput]
    let sites: [Site]
    let model: Model
    let store: ActivationStore

    func rows(of examples: [Int], positions: [[Int]]) throws -> [Tensor] {
      try model.activations(
        at: sites, examples.map { inputs[$0] }, positions: positions, store: store)
    }
  }
}

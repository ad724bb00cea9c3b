import InterchangeModels

/// The residual stream before the block whose output is changed: what skipping the block puts in.
public struct BlockInputSource: InterventionSource {
  /// Vectors of each base itself.
  public init() {}
  public var followsRun: Bool { true }

  public func reader(
    of examples: [AlignmentExample], at sites: [Site], in model: Model, store: ActivationStore
  ) throws -> any SourceReader {
    if let site = sites.first(where: { $0.component != .blockOutput }) {
      throw AlignmentError.invalidSetting(
        name: "intervention skip", expected: "the site block_output", found: site.name)
    }
    return InputReader(
      inputs: examples.map(\.base), sites: sites.map { Site(.blockInput, layer: $0.layer) },
      model: model, store: store)
  }
}

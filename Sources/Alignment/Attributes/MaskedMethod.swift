import InterchangeInterventions
import InterchangeModels

/// A method whose features a learned mask chooses for each attribute.
protocol MaskedMethod: AttributeMethod {
  /// The training of the gates.
  var gates: GateTraining { get }

  /// The features among which gates choose, the same for all attributes.
  func basis(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> FeatureBasis
}

extension MaskedMethod {
  /// The order of pairs is another.
  public static var isSeeded: Bool { true }

  /// A mask for each attribute, trained on pairs that cause it.
  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    let basis = try basis(training, progress: progress)
    return AttributeFit(
      try training.attributes.map { attribute in
        let found = try MaskSearch(
          sites: [training.site], basis: basis, gates: gates, settings: training.settings
        ).fit(
          training.model, on: training.pairs(attribute, .cause), store: training.store,
          progress: progress)
        return .init(attribute, found.swaps[0], size: found.chosenCount)
      })
  }
}

import InterchangeInterventions
import InterchangeModels

/// Coordinates that a mask chooses, trained on pairs that cause (desiderata-based masking).
public struct MaskMethod: AttributeMethod {
  public static let name = "dbm"
  public static let title = "DBM"
  public static let summary = "coordinates that a learned mask chooses"
  public static let isSeeded = true
  public static let published: Double? = 0.522

  private let gates: GateTraining

  public init(_ settings: AttributeMethodSettings) throws { gates = settings.gates }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    AttributeFit(
      try training.attributes.map { attribute in
        let found = try MaskSearch(
          sites: [training.site], gates: gates, settings: training.settings
        ).fit(
          training.model, on: training.pairs(attribute, .cause), store: training.store,
          progress: progress)
        return .init(attribute, found.swaps[0], size: found.chosenCount)
      })
  }
}

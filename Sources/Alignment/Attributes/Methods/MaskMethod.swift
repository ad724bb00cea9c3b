import InterchangeInterventions
import InterchangeModels

/// Coordinates that a mask chooses, trained on pairs that cause (desiderata-based masking).
public struct MaskMethod: MaskedMethod {
  public static let name = "dbm"
  public static let title = "DBM"
  public static let summary = "coordinates that a learned mask chooses"
  public static let published: Double? = 0.522

  let gates: GateTraining

  public init(_ settings: AttributeMethodSettings) throws { gates = settings.gates }

  func basis(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> FeatureBasis { .coordinates }
}

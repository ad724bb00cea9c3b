import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// Principal components of the training texts' vectors that a mask chooses (MIB, arXiv 2504.13151).
public struct MaskedComponentMethod: MaskedMethod {
  public static let name = "dbm-pca"
  public static let title = "DBM of PCA"
  public static let summary = "principal components that a learned mask chooses"

  let gates: GateTraining

  public init(_ settings: AttributeMethodSettings) throws { gates = settings.gates }

  func basis(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> FeatureBasis {
    let rows = training.rows
    return .given(
      try PrincipalComponentFeaturizer(of: rows, rank: min(rows.width, rows.rows - 1)))
  }
}

import InterchangeInterventions
import InterchangeModels

/// Features of a sparse autoencoder that a mask chooses (MIB, arXiv 2504.13151); the autoencoder's
/// error is kept.
public struct MaskedAutoencoderMethod: MaskedMethod {
  public static let name = "dbm-sae"
  public static let title = "DBM of SAE"
  public static let summary = "features of a sparse autoencoder that a learned mask chooses"

  let gates: GateTraining
  private let choice: AutoencoderChoice

  public init(_ settings: AttributeMethodSettings) throws {
    (gates, choice) = (settings.gates, settings.autoencoder)
  }

  public func validate(width: Int, attributes: Int) throws { try choice.validate(width: width) }

  func basis(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> FeatureBasis {
    .given(try choice.autoencoder(training, progress: progress))
  }
}

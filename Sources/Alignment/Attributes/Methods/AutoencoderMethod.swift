import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// Features of a sparse autoencoder, those that tell an attribute's values apart; the
/// autoencoder's error is kept.
public struct AutoencoderMethod: AttributeMethod {
  public static let name = "sae"
  public static let title = "SAE"
  public static let summary =
    "features of a sparse autoencoder that tell the attribute's values apart"
  public static let isSeeded = true

  private let settings: AttributeMethodSettings

  public init(_ settings: AttributeMethodSettings) throws { self.settings = settings }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    guard let autoencoder = settings.autoencoder else {
      throw AlignmentError.invalidSetting(
        name: "autoencoder", expected: "a file of a sparse autoencoder", found: "none")
    }
    guard autoencoder.width == training.rows.width, !autoencoder.isTranscoder else {
      throw InterventionError.widthMismatch(
        name: training.site.description, expected: autoencoder.width, found: training.rows.width)
    }
    return try FeatureChoice(autoencoder).fit(training)
  }
}

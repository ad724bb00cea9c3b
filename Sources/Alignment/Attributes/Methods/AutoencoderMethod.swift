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
  public static let published: Double? = 0.486

  private let settings: AttributeMethodSettings

  public init(_ settings: AttributeMethodSettings) throws { self.settings = settings }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    let autoencoder = try autoencoder(training, progress: progress)
    guard autoencoder.width == training.rows.width, !autoencoder.isTranscoder else {
      throw InterventionError.widthMismatch(
        name: training.site.description, expected: autoencoder.width, found: training.rows.width)
    }
    return try FeatureChoice(autoencoder).fit(training)
  }

  /// The one that was given, or one of the training texts' vectors.
  private func autoencoder(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> SparseAutoencoder {
    if let given = settings.autoencoder { return given }
    let features = settings.features ?? 4 * training.rows.width
    return try SparseAutoencoderTraining(
      features: features, active: min(settings.active, features),
      steps: settings.autoencoderSteps, seed: training.settings.seed
    ).fit(training.rows, progress: progress).0
  }
}

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

  public func validate(width: Int, attributes: Int) throws {
    guard let given = settings.autoencoder else { return }
    guard !given.isTranscoder else {
      throw AlignmentError.invalidSetting(
        name: "autoencoder", expected: "one of the site's own vectors", found: "a transcoder")
    }
    guard given.width == width else {
      throw InterventionError.widthMismatch(
        name: "autoencoder", expected: given.width, found: width)
    }
  }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    let autoencoder = try autoencoder(training, progress: progress)
    return try FeatureChoice(autoencoder).fit(training)
  }

  /// The one that was given, or one of the training texts' vectors.
  private func autoencoder(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> SparseAutoencoder {
    if let given = settings.autoencoder { return given }
    let features = settings.features ?? 2 * training.rows.width
    return try SparseAutoencoderTraining(
      features: features, active: min(settings.active, features),
      steps: settings.autoencoderSteps, seed: training.settings.seed
    ).fit(training.rows, progress: progress).0
  }
}

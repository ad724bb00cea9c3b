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

  public static let needsAttributes = true

  private let choice: AutoencoderChoice

  public init(_ settings: AttributeMethodSettings) throws { choice = settings.autoencoder }

  public func validate(width: Int, attributes: Int) throws { try choice.validate(width: width) }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    try FeatureChoice(choice.autoencoder(training, progress: progress)).fit(training)
  }
}

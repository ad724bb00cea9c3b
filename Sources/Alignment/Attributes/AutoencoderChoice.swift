import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The sparse autoencoder of a method: a given one, or one that is trained on the training texts'
/// vectors.
public struct AutoencoderChoice {
  /// The autoencoder; nil for one that is trained.
  public var given: SparseAutoencoder?
  /// Features of the one that is trained; nil for twice the width.
  public var features: Int?
  /// Features of it that are active at once.
  public var active = 32
  /// Steps of its training.
  public var steps = 400

  /// One that is trained, as usual.
  public init() {}

  /// Checks a given one against vectors of a width.
  ///
  /// - Throws: ``AlignmentError`` for a transcoder, `InterventionError` for another width.
  func validate(width: Int) throws {
    guard let given else { return }
    guard !given.isTranscoder else {
      throw AlignmentError.invalidSetting(
        name: "autoencoder", expected: "one of the site's own vectors", found: "a transcoder")
    }
    guard given.width == width else {
      throw InterventionError.widthMismatch(
        name: "autoencoder", expected: given.width, found: width)
    }
  }

  /// The given one, or one of the training texts' vectors.
  func autoencoder(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> SparseAutoencoder {
    if let given { return given }
    let features = features ?? 2 * training.rows.width
    return try SparseAutoencoderTraining(
      features: features, active: min(active, features), steps: steps,
      seed: training.settings.seed
    ).fit(training.rows, progress: progress).0
  }
}

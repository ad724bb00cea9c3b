import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// Principal components of the training texts' vectors, those that tell an attribute's values
/// apart.
public struct PrincipalComponentMethod: AttributeMethod {
  public static let name = "pca"
  public static let title = "PCA"
  public static let summary = "principal components that tell the attribute's values apart"
  public static let published: Double? = 0.395
  public static let needsAttributes = true

  public init(_ settings: AttributeMethodSettings) {}

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    let rows = training.rows
    let components = try PrincipalComponentFeaturizer(
      of: rows, rank: min(rows.width, rows.rows - 1))
    return try FeatureChoice(components).fit(training)
  }
}

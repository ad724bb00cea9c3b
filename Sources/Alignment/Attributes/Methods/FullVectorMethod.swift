import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The whole vector of every attribute: it brings all of the source's attributes along.
public struct FullVectorMethod: AttributeMethod {
  public static let name = "full"
  public static let title = "full vector"
  public static let summary = "the whole vector"
  public static let published: Double? = 0.405

  public init(_ settings: AttributeMethodSettings) {}

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    let width = training.rows.width
    return AttributeFit(training.attributes.map { .init($0, FullInterchange(), size: width) })
  }
}

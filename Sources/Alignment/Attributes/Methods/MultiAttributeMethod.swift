import InterchangeInterventions
import InterchangeModels

/// Subspaces of one rotation that are trained together, each to cause its attribute and to leave
/// the others.
public struct MultiAttributeMethod: AttributeMethod {
  public static let name = "mdas"
  public static let title = "MDAS"
  public static let summary = "subspaces of one rotation, trained to cause and to leave"
  public static let isSeeded = true
  public static let published: Double? = 0.601

  private let rank: Int

  public init(_ settings: AttributeMethodSettings) throws { rank = settings.rank }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    let found = try MultiAttributeSearch(
      site: training.site, attributes: training.attributes.map { ($0, rank) },
      settings: training.settings
    ).fit(training.model, on: training.examples, store: training.store, progress: progress)
    let note = found.fit.isStillFalling ? "the loss was still falling" : nil
    return AttributeFit(
      try training.attributes.compactMap { attribute in
        try found.subspace(of: attribute).map {
          .init(attribute, DistributedInterchange($0), size: rank, note: note)
        }
      })
  }
}

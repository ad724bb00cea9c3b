import InterchangeInterventions
import InterchangeModels

/// Subspaces of one rotation that are trained together, each to cause its attribute and to leave
/// the others: in as many steps as separate fits of all attributes take.
public struct MultiAttributeMethod: AttributeMethod {
  public static let name = "mdas"
  public static let title = "MDAS"
  public static let summary = "subspaces of one rotation, trained to cause and to leave"
  public static let isSeeded = true
  public static let published: Double? = 0.601
  public static let needsAttributes = true

  private let rank: Int

  public init(_ settings: AttributeMethodSettings) throws { rank = settings.rank }

  public func validate(width: Int, attributes: Int) throws {
    let most = width / attributes
    guard rank <= most else {
      throw AlignmentError.invalidSetting(
        name: "rank", expected: "at most \(most) for each of \(attributes) attributes",
        found: "\(rank)")
    }
  }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    var settings = training.settings
    settings.budget = settings.budget.multiplied(by: training.attributes.count)
    let found = try MultiAttributeSearch(
      site: training.site, attributes: training.attributes.map { ($0, rank) },
      settings: settings
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

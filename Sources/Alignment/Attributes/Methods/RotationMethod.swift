import InterchangeInterventions
import InterchangeModels

/// A subspace for each attribute by distributed alignment search, trained on pairs that cause.
public struct RotationMethod: AttributeMethod {
  public static let name = "das"
  public static let title = "DAS"
  public static let summary = "a subspace by distributed alignment search"
  public static let isSeeded = true
  public static let published: Double? = 0.565

  private let rank: Int

  public init(_ settings: AttributeMethodSettings) throws { rank = settings.rank }

  public func validate(width: Int, attributes: Int) throws {
    let most = width
    guard rank <= most else {
      throw AlignmentError.invalidSetting(
        name: "rank", expected: "at most \(most)", found: "\(rank)")
    }
  }

  public func fit(
    _ training: AttributeTraining, progress: (FitProgress) -> Void
  ) throws -> AttributeFit {
    AttributeFit(
      try training.attributes.map { attribute in
        let found = try DistributedAlignmentSearch(
          site: training.site, dimensions: rank, settings: training.settings
        ).fit(
          training.model, on: training.pairs(attribute, .cause), store: training.store,
          progress: progress)
        return .init(
          attribute, found.intervention, size: rank,
          note: found.fit.flatMap { $0.isStillFalling ? "the loss was still falling" : nil })
      })
  }
}

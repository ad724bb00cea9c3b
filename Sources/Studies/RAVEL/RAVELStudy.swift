import InterchangeAlignment
import InterchangeBasics
import InterchangeModels

/// RAVEL's comparison of methods at a site of a model (arXiv 2402.17700): which finds a part of
/// the vector that carries an attribute of an entity and no other.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let ravel = try RAVEL(contentsOf: URL(filePath: "ravel"))
/// let pairs = try AttributePairs(ravel, attributes: ["Country", "Continent"], for: model)
/// let comparison = AttributeComparison(sites: [.blockOutput(20, .endOfSpan("entity"))])
/// let study = try RAVELStudy(comparison, of: model, on: pairs)
/// print(study.table.aligned)
/// ```
public struct RAVELStudy: Codable, Sendable {
  /// The name of the data.
  public let data: String
  /// The place of the vectors.
  public let site: String
  /// The layers among which it was chosen for all methods; nil where it was given, and where each
  /// method has its own.
  public let choice: [AttributeComparison.SiteScore]?
  public let attributes: [String]
  /// The numbers of each attribute and part.
  public let counts: [AttributePairs.Count]
  /// The methods in the order in which they were asked for.
  public let methods: [AttributeMethodScores]

  /// The scores of a comparison's methods.
  ///
  /// - Parameter store: the store of base runs at some sites
  /// - Throws: as ``InterchangeAlignment/AttributeComparison/run(_:on:store:progress:)``.
  public init(
    _ comparison: AttributeComparison, of model: LanguageModel, on pairs: AttributePairs,
    store: ([Site]) -> ActivationStore = { ActivationStore(for: $0) },
    progress: (AttributeComparison.Event) -> Void = { _ in }
  ) throws {
    let result = try comparison.run(model, on: pairs, store: store, progress: progress)
    (data, attributes, counts) = (pairs.name, pairs.attributes, pairs.counts)
    (site, choice, methods) = (comparison.place(result), result.choice, result.methods)
  }

  private enum CodingKeys: String, CodingKey {
    case data, site, choice, attributes, counts, methods
  }

  /// Reads scores of at least one method.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    data = try values.decode(String.self, forKey: .data)
    site = try values.decode(String.self, forKey: .site)
    choice = try values.decodeIfPresent(
      [AttributeComparison.SiteScore].self, forKey: .choice)
    attributes = try values.decode([String].self, forKey: .attributes)
    counts = try values.decode([AttributePairs.Count].self, forKey: .counts)
    methods = try values.decode([AttributeMethodScores].self, forKey: .methods)
    guard !attributes.isEmpty, !methods.isEmpty, methods.allSatisfy({ !$0.runs.isEmpty }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .methods, in: values,
        debugDescription: "expected an attribute, a method, and a run of each method")
    }
  }

  /// Disentangle of always giving a part's most frequent label; nil where that isn't known.
  public func constantAnswer(_ part: AttributePairs.Part) -> Double? {
    let shares = counts.filter { $0.part == part }.compactMap { count -> Double? in
      guard let cause = count.constantCause, let isolation = count.constantIsolation else {
        return nil
      }
      return (cause + isolation) / 2
    }
    return shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count)
  }

  /// A comparison of two methods that the published ranking has next to each other.
  struct Order: Equatable {
    let first: String
    let second: String
    /// Disentangle of the first minus that of the second.
    let difference: Double
    /// Tells whether the intervals leave the sign open.
    let isOpen: Bool
  }

  /// The published ranking, pair by pair, among the methods that were measured.
  func orders(_ part: AttributePairs.Part) -> [Order] {
    let published = AttributeMethods.all.compactMap { type in
      type.published.map { (name: type.name, score: $0) }
    }.sorted { $0.score > $1.score }
    let ranked = published.compactMap { type in
      methods.first { $0.name == type.name }.flatMap { method in
        method.scores(part).map { (method.title, $0.disentangle) }
      }
    }
    return zip(ranked, ranked.dropFirst()).map { first, second in
      let difference = first.1.value - second.1.value
      let isAbove = difference >= 0
      let (upper, lower) = isAbove ? (first.1, second.1) : (second.1, first.1)
      let (low, high) = (
        upper.value - upper.interval[0], lower.interval[1] - lower.value
      )
      return Order(
        first: first.0, second: second.0, difference: difference,
        isOpen: abs(difference) <= (low * low + high * high).squareRoot())
    }
  }
}

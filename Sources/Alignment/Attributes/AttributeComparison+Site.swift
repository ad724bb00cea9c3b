import InterchangeBasics
import InterchangeInterventions
import InterchangeModels

extension AttributeComparison {
  /// The share of training pairs in which a swap of a site's whole vector causes the attribute.
  public struct SiteScore: Codable, Sendable, Equatable {
    public let layer: Int
    public let cause: Accuracy
  }

  /// The measure by which a site is chosen before methods are compared: what the whole vector
  /// causes on training pairs. What it can't cause, no part of it can.
  ///
  /// - Parameters:
  ///   - most: pairs of each attribute, at most
  ///   - progress: called with the number of sites that are done
  /// - Returns: each site's score, and the number of the first site that has the highest
  /// - Throws: ``AlignmentError`` or `ModelError` for a site that the model or a text lacks.
  public static func causes(
    at sites: [Site], of model: LanguageModel, on pairs: AttributePairs, most: Int = 48,
    progress: (Int) -> Void = { _ in }
  ) throws -> (scores: [SiteScore], best: Int) {
    let examples = pairs.attributes.flatMap { attribute in
      (pairs.examples[.train] ?? []).filter { $0.attribute == attribute && $0.aim == .cause }
        .prefix(most).map(\.example)
    }
    let store = ActivationStore(for: sites)
    let run = InterchangeRun(model: model.network, store: store, batchSize: 32)
    let scores = try sites.enumerated().map { place, site in
      let data = try SiteExamples(examples, at: site, of: model.network, store: store)
      progress(place + 1)
      return SiteScore(
        layer: site.layer, cause: Accuracy(try run.outcomes(data, FullInterchange())))
    }
    let best = scores.indices.max {
      (scores[$0].cause.correct, $1) < (scores[$1].cause.correct, $0)
    }
    return (scores, best ?? 0)
  }
}

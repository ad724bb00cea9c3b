import InterchangeBasics
import InterchangeInterventions
import InterchangeModels

extension AttributeComparison {
  /// The score by which a site is chosen.
  public struct SiteScore: Codable, Sendable, Equatable {
    public let layer: Int
    public let score: ShareScore

    init(layer: Int, score: ShareScore) { (self.layer, self.score) = (layer, score) }

    private enum CodingKeys: String, CodingKey { case layer, score, cause }

    /// Reads a score; an earlier record has the accuracy of the swaps that should cause.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      layer = try values.decode(Int.self, forKey: .layer)
      score =
        try values.decodeIfPresent(Accuracy.self, forKey: .cause).map { ShareScore(seeds: [$0]) }
        ?? values.decode(ShareScore.self, forKey: .score)
    }

    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(layer, forKey: .layer)
      try values.encode(score, forKey: .score)
    }
  }

  /// The measure by which one site is chosen for all methods: what the whole vector causes on
  /// training pairs, a mean over attributes. What it can't cause, no part of it can.
  ///
  /// - Parameter most: pairs of each attribute, at most
  /// - Returns: each site's score
  /// - Throws: ``AlignmentError`` or `ModelError` for a site that the model or a text lacks.
  public static func causes(
    at sites: [Site], of model: LanguageModel, on pairs: AttributePairs, most: Int = 48
  ) throws -> [SiteScore] {
    let examples = pairs.attributes.map { attribute in
      (pairs.examples[.train] ?? []).filter { $0.attribute == attribute && $0.aim == .cause }
        .prefix(most).map(\.example)
    }
    let store = ActivationStore(for: sites)
    let run = InterchangeRun(model: model.network, store: store, batchSize: 32)
    return try sites.map { site in
      let causes = try examples.map { own in
        let data = try SiteExamples(own, at: site, of: model.network, store: store)
        return ShareScore(seeds: [Accuracy(try run.outcomes(data, FullInterchange()))])
      }
      return SiteScore(layer: site.layer, score: ShareScore(meanOf: causes))
    }
  }
}

extension [AttributeComparison.SiteScore] {
  /// The number of the first site that has the highest score.
  var best: Int { indices.max { (self[$0].score.value, $1) < (self[$1].score.value, $0) } ?? 0 }

  /// The scores in a line, for progress.
  var line: String { map { "\($0.layer): \($0.score.summary)" }.joined(separator: ", ") }
}

/// The choice of each method's own site: fitted to three quarters of the training pairs at each,
/// and measured on the others.
struct SiteTrials {
  let sites: [Site]
  private let fits: [AttributeFits]

  /// Reads the vectors of all sites.
  init(
    _ comparison: AttributeComparison, of model: Model, on pairs: AttributePairs,
    store: ActivationStore
  ) throws {
    let divided = pairs.dividedToChoose
    sites = comparison.sites
    fits = try sites.map {
      try AttributeFits(divided, at: $0, of: model, store, comparison.training)
    }
  }

  /// A method's score at each site: Disentangle, or Cause where nothing is to be left.
  func scores(
    _ method: any AttributeMethod, seed: UInt64, progress: (FitProgress) -> Void
  ) throws -> [AttributeComparison.SiteScore] {
    try zip(sites, fits).map { site, fits in
      let run = try fits.run(method, seed: seed, progress: progress).run
      let scores = AttributeMethodScores.scores([run], .choice)?.disentangle
      guard let score = scores ?? AttributeMethodScores.cause([run], .choice) else {
        throw AlignmentError.noExamples(
          reason: "there are too few training pairs to choose a layer by")
      }
      return AttributeComparison.SiteScore(layer: site.layer, score: score)
    }
  }
}

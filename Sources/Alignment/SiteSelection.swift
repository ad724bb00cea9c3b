import InterchangeBasics
import InterchangeInterventions
import InterchangeModels

/// The choice of a site by accuracy on training pairs that the fits there did not see.
public struct SiteSelection: Codable, Sendable, Equatable {
  /// A site that was tried.
  public struct Candidate: Codable, Sendable, Equatable {
    /// The site's name.
    public let site: String
    /// The accuracy on the held-out third of the training pairs.
    public let heldOut: Accuracy
  }

  /// The sites in the order given.
  public let candidates: [Candidate]
  /// The place of the chosen one: the highest accuracy, of equals the first.
  public let chosen: Int
}

extension DistributedAlignmentSearch {
  /// Fits at several sites on two thirds of the training examples, and chooses the one that is best
  /// on the others. No test example is looked at.
  ///
  /// - Parameters:
  ///   - sites: at least one
  ///   - progress: called after every step, with the site as the part
  /// - Returns: this search at the chosen site, and the choice
  /// - Throws: as ``fit(_:on:store:start:progress:)``.
  public func choosingSite(
    among sites: [Site], _ model: Model, on examples: [AlignmentExample],
    store: ActivationStore = ActivationStore(), progress: (FitProgress) -> Void = { _ in }
  ) throws -> (search: DistributedAlignmentSearch, selection: SiteSelection) {
    require(!sites.isEmpty, "choosingSite: no sites")
    var generator = RandomGenerator(seed: settings.seed ^ 0x517E)
    var single = RankSelection()
    single.folds = 1
    let part = try single.parts(
      of: Array(examples.indices).shuffled(using: &generator))[0]
    let candidates = try sites.map { site in
      var search = self
      search.site = site
      // A dimension that is to be found, is found where the site has been.
      if findsDimension {
        (search.dimensions, search.boundary, search.selection) = ([1], nil, nil)
      }
      let fit = try search.fit(model, on: part.fitted.map { examples[$0] }, store: store) {
        var progressed = $0
        progressed.part = site.description
        progress(progressed)
      }
      let held = try SiteExamples(
        part.held.map { examples[$0] }, at: site, of: model, store: store)
      return SiteSelection.Candidate(
        site: site.description, heldOut: Accuracy(try fit.run.outcomes(held, fit.intervention)))
    }
    let best = candidates.map(\.heldOut.value).max() ?? 0
    let chosen = candidates.firstIndex { $0.heldOut.value == best } ?? 0
    var search = self
    search.site = sites[chosen]
    return (search, SiteSelection(candidates: candidates, chosen: chosen))
  }
}

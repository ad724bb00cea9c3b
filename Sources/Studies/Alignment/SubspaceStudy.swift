import InterchangeAlignment
import InterchangeModels

/// One search for a task's subspace: the site chosen among some, the fit with its controls, and the
/// same fit from more seeds.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try TaskData(SubjectVerbAgreement(), count: 256, for: model)
/// let search = DistributedAlignmentSearch(
///   site: .blockOutput(27, .last), selection: RankSelection())
/// let found = try SubspaceStudy(search: search, seeds: 3).run(model, on: data)
/// print(found.run.report.rank, found.run.report.verdict?.title ?? "")
/// ```
public struct SubspaceStudy {
  /// The search, at the first of the sites.
  public var search: DistributedAlignmentSearch
  /// The sites among which one is chosen on training pairs.
  public var sites: [Site]
  /// Fits from as many seeds, from that of the search's settings on.
  public var seeds: Int

  /// A study of a search at its site, or at the best of some.
  public init(search: DistributedAlignmentSearch, sites: [Site] = [], seeds: Int = 1) {
    self.search = search
    self.sites = sites.isEmpty ? [search.site] : sites
    self.seeds = seeds
  }

  /// Runs the study.
  ///
  /// - Parameters:
  ///   - fitting: called after every step of a fit
  ///   - progress: called with a line about what is being done
  /// - Returns: the first seed's fit, and the run with everything that was measured
  /// - Throws: `AlignmentError`, `ModelError` or `InterventionError` naming what doesn't fit.
  public func run(
    _ model: LanguageModel, on data: TaskData,
    controls: Set<ControlKind> = Set(ControlKind.allCases),
    store: ActivationStore = ActivationStore(), fitting: (FitProgress) -> Void = { _ in },
    progress: (String) -> Void = { _ in }
  ) throws -> (alignment: Alignment, run: AlignmentRun) {
    var (search, selection) = (search, SiteSelection?.none)
    search.site = sites[0]
    if sites.count > 1 {
      let chosen = try search.choosingSite(
        among: sites, model.network, on: data.train.examples, store: store, progress: fitting)
      (search, selection) = (chosen.search, chosen.selection)
      progress("site: \(search.site)")
    }
    let (first, found) = try search.run(
      model, on: data, controls: controls, store: store, fitting: fitting, progress: progress)
    var run = found
    run.siteSelection = selection
    guard seeds > 1 else { return (first, run) }
    var fits = [(alignment: first, report: run.report)]
    for offset in 1..<UInt64(seeds) {
      var other = search
      other.settings.seed &+= offset
      let fit = try other.fit(model, on: data.train, store: store, progress: fitting)
      fits.append((fit, try fit.evaluate(on: data.test, controls: [])))
    }
    run.seeds = try SeedSpread(fits)
    return (first, run)
  }
}

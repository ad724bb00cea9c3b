import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// Distributed Alignment Search (arXiv 2303.02536): learns the rotation whose rows carry a
/// high-level variable, by minimizing the cross-entropy between the output under a distributed
/// interchange and the label of the high-level model.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try TaskData(SubjectVerbAgreement(), count: 256, for: model)
/// let search = DistributedAlignmentSearch(site: .blockOutput(27, .last), dimensions: 1)
/// let alignment = try search.fit(model, on: data.train)
/// let report = try alignment.evaluate(on: data.test)
/// print(report.test.summary, report.control(.randomSubspaces)!.iia.summary)
/// ```
public struct DistributedAlignmentSearch: Sendable {
  /// The place of the hidden vectors.
  public var site: Site
  /// The number of dimensions of each source's block.
  public var dimensions: [Int]
  /// The mask of boundless DAS, for a single source; ``dimensions`` is empty then.
  public var boundary: LearnedBoundary?
  /// The choice of a single source's number of dimensions on the training examples;
  /// ``dimensions`` is empty then. Nil with a ``boundary`` for the published method, which reports
  /// the dimensions within the boundary when the training ends.
  public var selection: RankSelection?
  /// The training of the fit.
  public var settings: AlignmentSettings

  /// One variable in `dimensions` dimensions at `site`.
  public init(site: Site, dimensions: Int, settings: AlignmentSettings = AlignmentSettings()) {
    self.init(site: site, blocks: [dimensions], settings: settings)
  }

  /// Several variables, each in its own block of rows of one rotation.
  public init(site: Site, blocks: [Int], settings: AlignmentSettings = AlignmentSettings()) {
    (self.site, self.dimensions, self.settings) = (site, blocks, settings)
  }

  /// One variable in as many dimensions as it turns out to have.
  ///
  /// - Parameter selection: the choice of their number by held-out accuracy; nil for the number at
  ///   which the published boundary ends, which depends on how long it is trained
  public init(
    site: Site, boundary: LearnedBoundary, selection: RankSelection? = RankSelection(),
    settings: AlignmentSettings = AlignmentSettings()
  ) {
    self.init(site: site, blocks: [], settings: settings)
    (self.boundary, self.selection) = (boundary, selection)
  }

  /// One variable in the smallest number of dimensions that is as good as more.
  public init(
    site: Site, selection: RankSelection, settings: AlignmentSettings = AlignmentSettings()
  ) {
    self.init(site: site, blocks: [], settings: settings)
    self.selection = selection
  }

  /// True when the number of dimensions isn't given.
  var findsDimension: Bool { boundary != nil || selection != nil }

  /// The rows of each block.
  var blocks: [Range<Int>] {
    var start = 0
    return dimensions.map { count in
      defer { start += count }
      return start..<start + count
    }
  }

  /// Checks the settings, the site and every example's positions, before any work is done.
  ///
  /// - Throws: as ``fit(_:on:store:start:progress:)``.
  public func validate(_ model: Model, on examples: [AlignmentExample]) throws {
    try settings.validate()
    try boundary?.validate()
    let width = try model.width(of: site)
    try selection?.validate(width: width)
    var rank = findsDimension ? width : 0
    for count in dimensions {
      guard count >= 1 && count <= width - rank else {
        throw InterventionError.rankOutOfRange(rank: count, width: width - rank)
      }
      rank += count
    }
    guard rank >= 1 else { throw InterventionError.rankOutOfRange(rank: 0, width: width) }
    let sources = try SiteExamples.sourceCount(of: examples)
    let expected = findsDimension ? 1 : dimensions.count
    guard sources == expected else {
      throw AlignmentError.sourceMismatch(expected: expected, found: sources)
    }
    let positions = try SiteExamples.basePositions(of: examples, at: site, of: model)
    for source in 0..<sources {
      _ = try SiteExamples.sourcePositions(
        of: examples, source: source, at: site, of: model, as: positions)
    }
  }

  /// A subspace that was found in another way, to be judged like a fitted one: nothing is trained.
  ///
  /// - Parameters:
  ///   - rotation: as wide as the site, of as many rows as the blocks have in all
  ///   - examples: the training examples of its reports
  /// - Throws: as ``fit(_:on:store:start:progress:)``.
  public func alignment(
    of rotation: Rotation, _ model: Model, on examples: [AlignmentExample],
    store: ActivationStore = ActivationStore()
  ) throws -> Alignment {
    try validate(model, on: examples)
    let width = try model.width(of: site)
    guard rotation.width == width else {
      throw InterventionError.widthMismatch(
        name: site.description, expected: rotation.width, found: width)
    }
    require(
      rotation.rank == dimensions.reduce(0, +),
      "alignment(of:): rank \(rotation.rank) for blocks \(dimensions)")
    return Alignment(
      search: self, model: model, store: store,
      training: try SiteExamples(examples, at: site, of: model, store: store),
      rotation: rotation.frozen, losses: [], fit: nil, dimension: nil)
  }

  /// Fits the rotation.
  ///
  /// - Parameters:
  ///   - store: the store of base runs; a new one by default
  ///   - start: the rotation to start from; random by default
  ///   - progress: called after every step
  /// - Throws: ``AlignmentError``, `ModelError` or `InterventionError` naming what doesn't fit.
  public func fit(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore = ActivationStore(),
    start: Rotation? = nil, progress: (FitProgress) -> Void = { _ in }
  ) throws -> Alignment {
    try validate(model, on: examples)
    let width = try model.width(of: site)
    try check(start, width: width)
    let data = try SiteExamples(examples, at: site, of: model, store: store)
    let run = InterchangeRun(model: model, store: store, batchSize: settings.batchSize)
    func alignment(
      _ rotation: Rotation, _ losses: [Double], _ fit: FitHistory?, _ found: DimensionEstimate?
    ) -> Alignment {
      Alignment(
        search: self, model: model, store: store, training: data, rotation: rotation.frozen,
        losses: losses, fit: fit, dimension: found)
    }
    let all = Array(0..<data.count)
    if let boundary, selection == nil {
      let rotation = try start?.trainable ?? .random(rank: width, width: width, seed: settings.seed)
      let (losses, dimensions) = try BoundaryTraining(
        settings: settings, boundary: boundary, data: data, run: run, indices: all
      )(rotation, progress: progress)
      let fit = FitHistory(
        budget: .steps(losses.count), learningRate: settings.rate(width: width),
        trainingPairs: data.count, validationPairs: 0, checks: [], losses: losses, end: .budget)
      return alignment(rotation.leading(dimensions), losses, fit, nil)
    }
    var estimate = try selection.map {
      try dimension($0, data, run, width: width, progress: progress)
    }
    let blocks = estimate.map { [0..<$0.dimension] } ?? blocks
    let starts = try StartingFrames(self, data, run, all, width: width, progress: progress)
    estimate?.boundary = starts.boundary
    let rank = blocks.last?.upperBound ?? 0
    let rotation = try start?.trainable ?? starts.rotation(rank: rank)
    let (losses, fit) = try RotationTraining(
      settings: settings, blocks: blocks, data: data, run: run, indices: all
    )(rotation, progress: progress)
    return alignment(rotation, losses, fit, estimate)
  }

  /// Checks that a rotation can be the start of this search.
  private func check(_ start: Rotation?, width: Int) throws {
    guard let start else { return }
    guard start.width == width else {
      throw InterventionError.widthMismatch(
        name: "starting rotation", expected: start.width, found: width)
    }
    guard selection == nil else {
      throw AlignmentError.invalidSetting(
        name: "starting rotation", expected: "none, as the rank is chosen",
        found: "rank \(start.rank)")
    }
    let rank = boundary == nil ? dimensions.reduce(0, +) : width
    guard start.rank == rank else {
      throw AlignmentError.invalidSetting(
        name: "starting rotation", expected: "rank \(rank)", found: "rank \(start.rank)")
    }
  }
}

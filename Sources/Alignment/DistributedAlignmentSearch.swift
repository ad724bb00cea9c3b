import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The training of a DAS fit.
public struct AlignmentSettings: Codable, Sendable, Equatable {
  /// Passes over the training examples.
  public var epochs = 10
  /// Examples in a step.
  public var batchSize = 32
  /// The rate at the end of the warm-up; it falls linearly to 0.
  public var learningRate = 4e-3
  /// The share of all steps over which the rate rises.
  public var warmup = 0.1
  /// The share of the training examples that early stopping watches; 0 for none.
  public var validationShare = 0.15
  /// Epochs without a better validation loss after which training stops.
  public var patience = 4
  /// The seed of the rotation's start and of the examples' order.
  public var seed: UInt64 = 0

  /// The default settings.
  public init() {}

  func validate() throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(epochs >= 1, "epochs", "at least 1", epochs)
    try check(batchSize >= 1, "batch size", "at least 1", batchSize)
    try check(
      learningRate > 0 && learningRate.isFinite, "learning rate", "a number above 0", learningRate)
    try check((0...1).contains(warmup), "warm-up", "0 to 1", warmup)
    try check(patience >= 1, "patience", "at least 1", patience)
    try check((0..<1).contains(validationShare), "validation share", "0 to 1", validationShare)
  }
}

/// A fit's state while it runs.
public struct FitProgress: Sendable {
  /// The epoch, from 0.
  public let epoch: Int
  /// Epochs in all.
  public let epochs: Int
  /// Steps taken.
  public let step: Int
  /// Steps in all.
  public let steps: Int
  /// The loss of the step.
  public let loss: Double
}

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
  /// The settings that learn the number of dimensions of a single source, in boundless DAS;
  /// ``dimensions`` is empty then.
  public var boundary: LearnedBoundary?
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
  public init(
    site: Site, boundary: LearnedBoundary, settings: AlignmentSettings = AlignmentSettings()
  ) {
    self.init(site: site, blocks: [], settings: settings)
    self.boundary = boundary
  }

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
    var rank = boundary == nil ? 0 : width
    for count in dimensions {
      guard count >= 1 && count <= width - rank else {
        throw InterventionError.rankOutOfRange(rank: count, width: width - rank)
      }
      rank += count
    }
    guard rank >= 1 else { throw InterventionError.rankOutOfRange(rank: 0, width: width) }
    let sources = try SiteExamples.sourceCount(of: examples)
    let expected = boundary == nil ? dimensions.count : 1
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
      rotation: rotation.frozen, losses: [])
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
    let rank = boundary == nil ? dimensions.reduce(0, +) : width
    if let start, start.width != width {
      throw InterventionError.widthMismatch(
        name: "starting rotation", expected: start.width, found: width)
    }
    if let start, start.rank != rank {
      throw AlignmentError.invalidSetting(
        name: "starting rotation", expected: "rank \(rank)", found: "rank \(start.rank)")
    }
    let data = try SiteExamples(examples, at: site, of: model, store: store)
    let rotation =
      try start.map { $0.trainable }
      ?? .random(rank: rank, width: width, seed: settings.seed)
    let run = InterchangeRun(model: model, store: store, batchSize: settings.batchSize)
    let bounded = boundary.map { BoundaryTraining(rotation, $0) }
    let losses = try train(rotation, bounded, data, run, progress)
    let found = bounded.map { rotation.leading($0.intervention.dimensions) }
    return Alignment(
      search: self, model: model, store: store, training: data,
      rotation: found ?? rotation.frozen, losses: losses)
  }

  private func train(
    _ rotation: Rotation, _ bounded: BoundaryTraining?, _ data: SiteExamples,
    _ run: InterchangeRun,
    _ progress: (FitProgress) -> Void
  ) throws -> [Double] {
    var generator = RandomGenerator(seed: settings.seed ^ 0xDA5)
    let order = Array(0..<data.count).shuffled(using: &generator)
    // While a boundary's temperature falls, losses of different epochs don't compare: no stopping.
    let watches = bounded == nil && data.count >= 8
    let held = watches ? Int(Double(data.count) * settings.validationShare) : 0
    let (validation, training) = (Array(order.prefix(held)), Array(order.dropFirst(held)))
    let intervention: any Intervention =
      bounded?.intervention ?? DistributedInterchange(rotation, blocks: blocks)
    let optimizer = AdamW(
      rotation.trainedParameters, orthonormal: intervention.orthonormalParameters)
    let stepsPerEpoch = (training.count + settings.batchSize - 1) / settings.batchSize
    let steps = settings.epochs * stepsPerEpoch
    let schedule = LearningRateSchedule(
      peak: settings.learningRate, warmupSteps: Int(Double(steps) * settings.warmup),
      totalSteps: steps)
    var losses: [Double] = []
    var stopping = EarlyStopping(patience: settings.patience)
    for epoch in 0..<settings.epochs {
      let shuffled = training.shuffled(using: &generator)
      for start in stride(from: 0, to: shuffled.count, by: settings.batchSize) {
        let batch = Array(shuffled[start..<min(start + settings.batchSize, shuffled.count)])
        bounded?.begin(step: losses.count, of: steps)
        var loss = try run.loss(data, batch, intervention)
        if let bounded { loss = loss + bounded.penalty }
        guard loss.scalar.isFinite else { throw AlignmentError.diverged(step: losses.count) }
        loss.backward()
        try optimizer.step(learningRate: schedule.rate(at: losses.count))
        try bounded?.step()
        losses.append(Double(loss.scalar))
        progress(
          FitProgress(
            epoch: epoch, epochs: settings.epochs, step: losses.count, steps: steps,
            loss: losses[losses.count - 1]))
      }
      guard held > 0 else { continue }
      let frozen = DistributedInterchange(rotation.frozen, blocks: blocks)
      let watched = try validation.chunked(settings.batchSize).reduce(0.0) { total, batch in
        total + Double(try run.loss(data, batch, frozen).scalar) * Double(batch.count)
      }
      // No number is better than one that isn't a number: nothing would be kept any more.
      guard watched.isFinite else { throw AlignmentError.diverged(step: losses.count) }
      if stopping.shouldStop(after: watched / Double(held), keeping: rotation.parameter.value) {
        break
      }
    }
    if let best = stopping.best { rotation.parameter.value = best }
    return losses
  }
}

/// Keeps the best value seen and tells when nothing has become better for a while.
package struct EarlyStopping {
  let patience: Int
  package private(set) var best: Tensor?
  private var lowest = Double.infinity
  private var waited = 0

  package init(patience: Int) { self.patience = patience }

  package mutating func shouldStop(after loss: Double, keeping value: Tensor) -> Bool {
    if loss < lowest {
      (lowest, best, waited) = (loss, value, 0)
    } else {
      waited += 1
    }
    return waited >= patience
  }
}

import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// The examples that a fit learns from, those that it only watches, and the rotation that it keeps.
@Suite struct FittingTests {
  private let signs: TwoSigns
  private let examples = TwoSigns.changingA(20, seed: 3)

  init() throws { signs = try TwoSigns() }

  /// Ten to train on in one step, ten to watch.
  private func search(_ change: (inout AlignmentSettings) -> Void) -> DistributedAlignmentSearch {
    var settings = AlignmentSettings()
    (settings.batchSize, settings.validationShare) = (10, 0.5)
    (settings.warmup, settings.learningRate) = (1, 0.8)
    change(&settings)
    return signs.search(settings)
  }

  /// An example whose label is that of the base: the opposite of what the others teach.
  private func contrary(_ example: AlignmentExample) -> AlignmentExample {
    var example = example
    example.label = TwoSigns.label(vector(example.base)[0], vector(example.base)[1])
    return example
  }

  private func fit(
    _ examples: [AlignmentExample], _ change: (inout AlignmentSettings) -> Void
  ) throws -> Alignment {
    try search(change).fit(signs.model, on: examples)
  }

  /// The examples that no training loss depends on.
  private func watched() throws -> [Int] {
    let losses = try fit(examples) { $0.epochs = 1 }.losses
    return try examples.indices.filter { index in
      var changed = examples
      changed[index] = contrary(changed[index])
      return try fit(changed) { $0.epochs = 1 }.losses == losses
    }
  }

  /// Nothing is trained on that early stopping watches, and nothing else is left out.
  @Test func watchedExamplesAreNotTrainedOn() throws {
    #expect(try watched().count == 10)
    let all = try fit(examples) { ($0.epochs, $0.validationShare) = (1, 0) }
    #expect(all.losses.count == 2)
  }

  /// Where the watched examples say the contrary, the first epoch is the best: the search stops
  /// when its patience ends, with the rotation of that epoch.
  @Test func stopsWithTheBestRotation() throws {
    var changed = examples
    for index in try watched() { changed[index] = contrary(changed[index]) }
    // During a warm-up over all of 8 steps the first rate is an eighth of the peak.
    let once = try fit(changed) { ($0.epochs, $0.learningRate) = (1, 0.1) }
    for patience in [1, 2] {
      let stopped = try fit(changed) { ($0.epochs, $0.patience) = (8, patience) }
      #expect(stopped.losses.count == 1 + patience)
      #expect(stopped.rotation.frame.elements == once.rotation.frame.elements)
    }
    // Nothing watched: all epochs, and another rotation.
    let unwatched = try fit(changed) { ($0.epochs, $0.validationShare) = (8, 0) }
    #expect(unwatched.losses.count == 16)
    // Watching examples that agree lets it go on.
    #expect(try fit(examples) { ($0.epochs, $0.patience) = (8, 1) }.losses.count > 2)
  }

  /// The temperature falls linearly from the first to the last step: the penalty's part of each
  /// loss is its weight times the mean of σ((β·d − i)/T).
  @Test func temperaturesOfEveryStep() throws {
    func losses(_ penalty: Double) throws -> [Double] {
      var settings = AlignmentSettings()
      (settings.epochs, settings.batchSize, settings.learningRate) = (5, 20, 1e-12)
      var boundary = LearnedBoundary()
      (boundary.penalty, boundary.learningRate) = (penalty, 1e-12)
      boundary.temperatures = [9, 1]
      return try DistributedAlignmentSearch(
        site: signs.site, boundary: boundary, selection: nil, settings: settings
      ).fit(signs.model, on: examples).losses
    }
    let (free, paid) = (try losses(0), try losses(3))
    #expect(free.count == 5 && paid.count == 5)
    for (step, temperature) in [9.0, 7, 5, 3, 1].enumerated() {
      let mask = (0..<8).map { 1 / (1 + exp(-(0.5 * 8 - Double($0)) / temperature)) }
      let mean = mask.reduce(0, +) / 8
      // Two float32 losses of size 10.
      #expect(abs(paid[step] - free[step] - 3 * mean) < 2e-5, "step \(step)")
    }
  }

  /// The boundary stays within 10⁻³ to 1, whatever a step does to it.
  @Test func theBoundaryStaysInItsRange() throws {
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (2, 20, 1e-12)
    var boundary = LearnedBoundary()
    (boundary.penalty, boundary.learningRate, boundary.temperatures) = (1000, 1, [1, 1])
    let fit = try DistributedAlignmentSearch(
      site: signs.site, boundary: boundary, selection: nil, settings: settings
    ).fit(signs.model, on: examples)
    let mask = (0..<8).map { 1 / (1 + exp(-(0.001 * 8 - Double($0)))) }
    let penalty = 1000 * mask.reduce(0, +) / 8
    // The cross-entropy besides is at most a few dozens.
    #expect(fit.losses[1] >= penalty * 0.999 && fit.losses[1] < penalty + 60)
  }

  /// The control's principal components are those of the training sources, not of the test's.
  @Test func principalComponentsAreOfTheTrainingSources() throws {
    let signs = try TwoSigns(scales: [1, 1.1, 0.9, 1.2])
    let (train, test) = (TwoSigns.changingA(6, seed: 1), TwoSigns.changingA(32, seed: 2))
    let search = signs.search()
    let sources = try signs.model.activations(
      at: signs.site, train.map { $0.sources[0] }, positions: train.map { _ in [0] })
    let components = try Rotation.principalComponents(of: sources, rank: 1)
    let fit = try search.alignment(
      of: .random(rank: 1, width: TwoSigns.width, seed: 3), signs.model, on: train)
    let control = try #require(
      try fit.evaluate(on: test, controls: [.principalComponents]).control(.principalComponents))
    let expected = try search.alignment(of: components, signs.model, on: train)
      .evaluate(on: test, controls: []).test
    #expect(control.iia.correct == expected.correct && control.iia.n == 32)
    let (found, wanted) = (control.iia.logitDifference ?? .nan, expected.logitDifference ?? .nan)
    #expect(abs(found - wanted) < 1e-4)
  }
}

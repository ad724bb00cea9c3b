import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels

/// A comparison of methods on one site's pairs: RAVEL's scores of each, on entities and on
/// contexts that it hasn't seen, beside what the same method finds in a random model.
public struct AttributeComparison {
  /// A step of a comparison, told while it runs.
  public enum Event {
    /// A line about what is being done or was found.
    case note(String)
    /// A step of a method's training.
    case fitting(FitProgress)
  }

  public var site: Site
  /// The methods, each once.
  public var methods: [any AttributeMethod.Type]
  /// The choices of methods.
  public var choices = AttributeMethodSettings()
  /// The training of fits; its seed is the first.
  public var training = AlignmentSettings()
  /// Fits from as many seeds, of methods that have any.
  public var seeds = 1
  /// Tells whether every method is also fitted to a randomly initialized model.
  public var hasRandomModel = true

  /// A comparison of some methods at a site.
  public init(site: Site, methods: [any AttributeMethod.Type] = AttributeMethods.all) {
    (self.site, self.methods) = (site, methods)
  }

  /// Checks the settings, the methods and the site before any work on some attributes.
  ///
  /// - Throws: ``AlignmentError`` or `ModelError` naming what doesn't fit.
  public func validate(_ model: LanguageModel, attributes: [String]) throws {
    try AttributePairs.validate(attributes)
    try validate(model, attributeCount: attributes.count)
  }

  /// Checks the settings, the methods and the site before any work on a number of attributes; one
  /// is a variable by itself.
  ///
  /// - Throws: ``AlignmentError`` or `ModelError` naming what doesn't fit.
  public func validate(_ model: LanguageModel, attributeCount: Int) throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      !methods.isEmpty && Set(methods.map { $0.name }).count == methods.count, "methods",
      "at least one, each once", methods.map { $0.name }.joined(separator: ", "))
    try check(seeds >= 1, "seeds", "at least 1", seeds)
    try training.validate()
    let width = try model.network.width(of: site)
    for method in methods {
      try check(
        attributeCount > 1 || !method.needsAttributes, "method",
        "one of " + AttributeMethods.ofOneVariable.map { $0.name }.joined(separator: ", ")
          + " for a single variable", method.name)
      try method.init(choices).validate(width: width, attributes: attributeCount)
    }
  }

  /// The scores of all methods.
  ///
  /// - Throws: ``AlignmentError``, `ModelError` or `InterventionError` naming what doesn't fit.
  public func run(
    _ model: LanguageModel, on pairs: AttributePairs,
    store: ActivationStore? = nil, progress: (Event) -> Void = { _ in }
  ) throws -> [AttributeMethodScores] {
    try validate(model, attributeCount: pairs.attributes.count)
    let made = try methods.map { (type: $0, method: try $0.init(choices)) }
    let own = try Prepared(
      self, pairs, model.network, store ?? ActivationStore(for: [site]))
    let random =
      try hasRandomModel
      ? model.randomlyInitialized(seed: training.seed &+ 1).network : nil
    let randomized = try random.map {
      progress(.note("random model: reading its vectors"))
      return try Prepared(self, pairs, $0, ActivationStore(for: [site]))
    }
    return try made.map { type, method in
      let started = Date()
      var (runs, change) = ([AttributeMethodScores.Run](), Float(0))
      for place in 0..<(type.isSeeded ? seeds : 1) {
        let seed = training.seed &+ UInt64(place)
        progress(.note("\(type.title), seed \(seed)"))
        let (run, largest) = try own.run(method, seed: seed) { progress(.fitting($0)) }
        runs.append(run)
        change = max(change, largest)
      }
      let seconds = Date().timeIntervalSince(started)
      let control = try randomized.map { randomized in
        progress(.note("\(type.title), random model"))
        return try randomized.run(method, seed: training.seed) { progress(.fitting($0)) }.run
      }
      let scores = AttributeMethodScores(
        name: type.name, title: type.title, runs: runs, randomModel: control,
        selfSwapChange: change, seconds: seconds)
      progress(.note(scores.line))
      return scores
    }
  }

  /// The pairs' vectors in one model.
  private struct Prepared {
    let training: AttributeTraining
    let held: [(part: AttributePairs.Part, measurement: AttributeMeasurement)]

    init(
      _ comparison: AttributeComparison, _ pairs: AttributePairs, _ model: Model,
      _ store: ActivationStore
    ) throws {
      training = try AttributeTraining(
        pairs, at: comparison.site, of: model, store: store, settings: comparison.training)
      held = try pairs.held.map { part in
        (
          part,
          try AttributeMeasurement(
            pairs.examples[part] ?? [], at: comparison.site, of: model, store: store,
            batchSize: comparison.training.batchSize)
        )
      }
    }

    /// A method's scores from a seed, and the largest change of a logit by a swap of bases with
    /// themselves.
    func run(
      _ method: any AttributeMethod, seed: UInt64, progress: (FitProgress) -> Void
    ) throws -> (run: AttributeMethodScores.Run, change: Float) {
      let fit = try method.fit(training.seeded(seed), progress: progress)
      var change: Float = 0
      let reports = try held.map { part, measurement in
        try training.attributes.map { attribute -> AttributeReport in
          guard let swap = fit[attribute] else {
            throw AlignmentError.noExamples(
              reason: "\(type(of: method).title) gave no intervention for \(attribute)")
          }
          change = max(change, try measurement.selfSwapChange(swap.intervention))
          func accuracy(_ aim: AttributeExample.Aim) throws -> Accuracy? {
            let outcomes = try measurement.outcomes(swap.intervention, attribute, aim)
            return outcomes.isEmpty ? nil : Accuracy(outcomes)
          }
          return AttributeReport(
            attribute: attribute, cause: try accuracy(.cause), leave: try accuracy(.leave))
        }
      }
      return (
        AttributeMethodScores.Run(
          seed: seed,
          swaps: fit.swaps.map {
            .init(attribute: $0.attribute, size: $0.size, note: $0.note)
          },
          parts: zip(held, reports).map { .init(part: $0.part, attributes: $1) }),
        change
      )
    }
  }
}

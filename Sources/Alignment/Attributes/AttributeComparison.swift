import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels

/// A comparison of methods on pairs: RAVEL's scores of each, on entities and on contexts that it
/// hasn't seen, beside what the same method finds in a random model.
public struct AttributeComparison {
  /// A step of a comparison, told while it runs.
  public enum Event {
    /// A line about what is being done or was found.
    case note(String)
    /// A step of a method's training.
    case fitting(FitProgress)
  }

  /// The scores of all methods, and where they were measured.
  public struct Result {
    /// The site of all methods; nil where each has its own.
    public let site: Site?
    /// The whole vector's scores at the sites among which that one was chosen; nil where it was
    /// given, and where each method has its own.
    public let choice: [SiteScore]?
    /// The methods in the order in which they were asked for.
    public let methods: [AttributeMethodScores]
  }

  /// The sites among which one is chosen: that where a swap of the whole vector causes most on
  /// training pairs, the first of equals.
  public var sites: [Site]
  /// Tells whether each method has its own of the sites instead: that of its highest score on a
  /// quarter of the training pairs after a fit to the others.
  public var hasOwnSites = false
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

  /// A comparison of some methods at a site, or at one of several.
  public init(
    sites: [Site], methods: [any AttributeMethod.Type] = AttributeMethods.all
  ) {
    (self.sites, self.methods) = (sites, methods)
  }

  /// A description of where the vectors are.
  public func place(_ result: Result) -> String {
    result.site?.description
      ?? (sites.first.map { "\($0.name) @ \($0.positions)" } ?? "") + " of each method's own layer"
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
    try check(!sites.isEmpty, "layers", "at least one", "none")
    try check(
      !hasOwnSites || sites.count == 1 || choices.autoencoder.given == nil, "autoencoder",
      "none where each method has its own layer: it is one layer's", "one")
    let widths = try Set(sites.map { try model.network.width(of: $0) })
    for method in methods {
      try check(
        attributeCount > 1 || !method.needsAttributes, "method",
        "one of " + AttributeMethods.ofOneVariable.map { $0.name }.joined(separator: ", ")
          + " for a single variable", method.name)
      for width in widths {
        try method.init(choices).validate(width: width, attributes: attributeCount)
      }
    }
  }

  /// The scores of all methods.
  ///
  /// - Parameters:
  ///   - store: the store of base runs at some sites
  ///   - progress: called with each step
  /// - Throws: ``AlignmentError``, `ModelError` or `InterventionError` naming what doesn't fit.
  public func run(
    _ model: LanguageModel, on pairs: AttributePairs,
    store: ([Site]) -> ActivationStore = { ActivationStore(for: $0) },
    progress: (Event) -> Void = { _ in }
  ) throws -> Result {
    try validate(model, attributeCount: pairs.attributes.count)
    let made = try methods.map { (type: $0, method: try $0.init(choices)) }
    let choice =
      sites.count > 1 && !hasOwnSites ? try Self.causes(at: sites, of: model, on: pairs) : nil
    if let choice { progress(.note("whole vector by layer: " + choice.line)) }
    let shared = sites[choice?.best ?? 0]
    let store = store(hasOwnSites ? sites : [shared])
    let trials =
      sites.count > 1 && hasOwnSites
      ? try SiteTrials(self, of: model.network, on: pairs, store: store) : nil
    let random =
      hasRandomModel ? try model.randomlyInitialized(seed: training.seed &+ 1).network : nil
    var prepared: [Site: (own: AttributeFits, random: AttributeFits?)] = [:]
    let scores = try made.map { type, method in
      let layers = try trials.map { trials in
        progress(.note("\(type.title): choosing its layer"))
        return try trials.scores(method, seed: training.seed) { progress(.fitting($0)) }
      }
      if let layers { progress(.note("\(type.title) by layer: " + layers.line)) }
      let site = layers.map { sites[$0.best] } ?? shared
      let fits =
        try prepared[site]
        ?? (
          own: AttributeFits(pairs, at: site, of: model.network, store, training),
          random: random.map {
            try AttributeFits(pairs, at: site, of: $0, ActivationStore(for: [site]), training)
          }
        )
      prepared[site] = fits
      let scores = try self.scores(type, method, fits.own, fits.random, progress: progress)
        .placed(at: site, layers: layers)
      progress(.note(scores.line))
      return scores
    }
    return Result(site: trials == nil ? shared : nil, choice: choice, methods: scores)
  }

  /// A method's scores from all seeds, and in a random model.
  private func scores(
    _ type: any AttributeMethod.Type, _ method: any AttributeMethod, _ own: AttributeFits,
    _ randomized: AttributeFits?, progress: (Event) -> Void
  ) throws -> AttributeMethodScores {
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
    return AttributeMethodScores(
      name: type.name, title: type.title, runs: runs, randomModel: control,
      selfSwapChange: change, seconds: seconds)
  }
}

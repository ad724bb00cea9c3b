import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A search for the features, heads, positions or sites that carry a high-level variable: a learned
/// mask (desiderata-based masking, arXiv 2307.09476, 2401.06855; over RAVEL arXiv 2402.17700).
///
/// Each gate m = σ(θ/T) swaps its part of the source; T falls, a penalty on the mean of m closes
/// the gates that aren't needed, and in the end a part is swapped where m > ½.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try TaskData(SubjectVerbAgreement(), count: 256, for: model)
/// let search = MaskSearch(sites: [.mlpHidden(27, .last)])
/// let found = try search.fit(model.network, on: data.train.examples)
/// print(found.chosen[0].count, try found.evaluate(on: data.test.examples).test.summary)
/// ```
public struct MaskSearch {
  /// The part that one gate opens.
  public enum Unit: String, Codable, Sendable, CaseIterable {
    /// One feature of the basis.
    case features
    /// One head's part of the vector.
    case heads
    /// The whole vector of a site: gates choose among sites, or positions.
    case sites
  }

  /// The places; several for a choice among layers, components or positions.
  public var sites: [Site]
  public var unit: Unit
  /// The features of each site; for ``Unit/features``.
  public var basis: FeatureBasis
  public var gates: GateTraining
  /// The training of the fit. Its rate is that of a trained rotation.
  public var settings: AlignmentSettings

  /// A search with a gate for each unit at each of some sites.
  public init(
    sites: [Site], unit: Unit = .features, basis: FeatureBasis = .coordinates,
    gates: GateTraining = GateTraining(), settings: AlignmentSettings = AlignmentSettings()
  ) {
    (self.sites, self.unit, self.basis) = (sites, unit, basis)
    (self.gates, self.settings) = (gates, settings)
  }

  /// Checks the settings, the sites and every example's positions.
  ///
  /// - Throws: as ``fit(_:on:store:progress:)``.
  public func validate(_ model: Model, on examples: [AlignmentExample]) throws {
    try settings.validate()
    try gates.validate()
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      !sites.isEmpty && Set(sites).count == sites.count, "sites",
      "at least one, each once", "\(sites.count)")
    let sources = try SiteExamples.sourceCount(of: examples)
    guard sources == 1 else {
      throw AlignmentError.sourceMismatch(expected: 1, found: sources)
    }
    for site in sites {
      _ = try model.width(of: site)
      if unit == .heads { _ = try heads(at: site, of: model) }
      if unit == .features { try basis.validate(site, in: model) }
      let positions = try SiteExamples.basePositions(of: examples, at: site, of: model)
      _ = try SiteExamples.sourcePositions(
        of: examples, source: 0, at: site, of: model, as: positions)
    }
  }

  /// The number of heads whose parts a site's vector has side by side.
  private func heads(at site: Site, of model: Model) throws -> Int {
    guard site.head == nil, site.component.hasHeads,
      let count = model.architecture.dimensions(of: site.component)?.heads, count > 0
    else {
      throw AlignmentError.invalidSetting(
        name: "site", expected: "a component with heads, such as attention_value_output, whole",
        found: site.description)
    }
    return count
  }

  /// Fits the gates.
  ///
  /// - Parameters:
  ///   - store: the store of base runs; a new one by default
  ///   - progress: called after every step
  /// - Throws: ``AlignmentError``, `ModelError` or `InterventionError` naming what doesn't fit.
  public func fit(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore = ActivationStore(),
    progress: (FitProgress) -> Void = { _ in }
  ) throws -> MaskAlignment {
    try validate(model, on: examples)
    var settings = settings
    if case .converged(let most) = settings.budget {
      settings.budget = .steps(min(most, gates.steps))
    }
    let data = try sites.map { try SiteExamples(examples, at: $0, of: model, store: store) }
    let swaps = try data.enumerated().map { place, data in
      try interchange(at: data.site, of: model, data.sourceRows[0], UInt64(place))
    }
    let run = InterchangeRun(model: model, store: store, batchSize: settings.batchSize)
    let rate = settings.rate(width: try model.width(of: sites[0]))
    let swap = MaskedSwap(data: data, swaps: swaps, training: gates, rate: rate)
    let (losses, history) = try SwapTraining(
      settings: settings, run: run, indices: Array(0..<data[0].count), rate: rate
    )(swap, progress: progress)
    for swap in swaps { swap.gate.isHard = true }
    return MaskAlignment(
      search: self, model: model, store: store, training: data, swaps: swaps, losses: losses,
      fit: history)
  }

  /// The gated swap of a site, before training.
  private func interchange(
    at site: Site, of model: Model, _ rows: Tensor, _ place: UInt64
  ) throws -> GatedInterchange {
    let featurizer =
      unit == .features
      ? try basis.featurizer(
        at: .init(model: model, site: site, rows: rows, seed: settings.seed &+ place))
      : CoordinateFeaturizer(width: rows.width)
    let count = featurizer.featureCount
    let groups: [Int]? =
      switch unit {
      case .features: nil
      case .heads:
        try {
          let heads = try heads(at: site, of: model)
          return (0..<count).map { $0 / (count / heads) }
        }()
      case .sites: Array(repeating: 0, count: count)
      }
    return GatedInterchange(
      featurizer,
      gate: FeatureGate(featureCount: count, groups: groups, temperature: gates.temperatures[0]))
  }
}

extension Site {
  /// The same place at each of its positions alone, for a choice among positions.
  ///
  /// - Throws: `AlignmentError/invalidSetting(name:expected:found:)` unless all examples have the
  ///   same positions, counted from the start or from the end; `ModelError` for a position that a
  ///   text lacks.
  public func singlePositions(of examples: [AlignmentExample], in model: Model) throws -> [Site] {
    let found = try examples.map { example in
      let length = model.positionCount(of: example.base, at: self)
      return (length, try positions.resolved(length: length, spans: example.baseSpans))
    }
    let (starts, ends) = (
      Set(found.map(\.1)), Set(found.map { length, positions in positions.map { $0 - length } })
    )
    guard let indices = starts.count == 1 ? starts.first : ends.count == 1 ? ends.first : nil
    else {
      throw AlignmentError.invalidSetting(
        name: "positions", expected: "the same in all texts, from the start or from the end",
        found: "\(starts.count) different lists at \(positions)")
    }
    return indices.map { Site(component, layer: layer, head: head, .index($0)) }
  }
}

/// Gated swaps at some sites that are trained together.
private struct MaskedSwap: TrainedSwap {
  let data: [SiteExamples]
  let swaps: [GatedInterchange]
  let training: GateTraining
  /// The fit's rate.
  let rate: Double

  var keepsBest: Bool { false }

  var groups: [TrainedGroup] {
    let featurizers = swaps.map(\.featurizer)
    let turned = featurizers.flatMap(\.parameters)
    let gates = TrainedGroup(
      swaps.map(\.gate.logits), rateFactor: training.learningRate / rate)
    return turned.isEmpty
      ? [gates]
      : [TrainedGroup(turned, orthonormal: featurizers.flatMap(\.orthonormalParameters)), gates]
  }

  func parts(of indices: [Int]) -> [PlacedSwap] {
    for swap in swaps { swap.gate.isHard = false }
    return zip(data, swaps).map { PlacedSwap($0, $1) }
  }

  func judgedParts(of indices: [Int]) -> [PlacedSwap] {
    for swap in swaps { swap.gate.isHard = true }
    return zip(data, swaps).map { PlacedSwap($0, $1) }
  }

  /// The mean of all gates of all sites.
  var penalty: Tensor? {
    guard training.penalty > 0 else { return nil }
    let count = swaps.reduce(0) { $0 + $1.gate.count }
    let sums = swaps.map { $0.gate.gates.sum() }
    let total = sums.dropFirst().reduce(sums[0]) { $0 + $1 }
    return Float(training.penalty / Double(count)) * total
  }

  func prepare(step: Int, of steps: Int) {
    for swap in swaps {
      swap.gate.temperature = training.temperature(step: step, of: steps)
    }
  }
}

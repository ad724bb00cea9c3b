import Foundation
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A swap that was found on training examples, with all that its controls need.
protocol JudgedFit {
  var model: Model { get }
  var store: ActivationStore { get }
  var settings: AlignmentSettings { get }
  /// The training examples at each site.
  var training: [SiteExamples] { get }
  /// The intervention at each site.
  var interventions: [any Intervention] { get }
  /// Directions, or features, that are swapped.
  var rank: Int { get }
  /// The name of what ``random(seed:)`` gives, in the control's note: `random subspaces of rank 3`.
  var randomName: String { get }
  /// Interventions of the same kind and size that were not fitted.
  func random(seed: UInt64) throws -> [any Intervention]
  /// A swap of as many principal components of the sources of some examples at each site, with a
  /// note; nil where there is no such thing.
  func principalComponents(
    of data: [SiteExamples]
  ) throws -> (interventions: [any Intervention], note: String)?
  /// The parts of the subspace that the site's projection reads and that it doesn't; nil where there
  /// is no such thing.
  func readParts() throws -> ReadParts?
  /// Tells whether anything is swapped at a site, by its number.
  func isSwapped(_ place: Int) -> Bool
  /// The same fit on another model, in no more steps.
  func refitted(
    to model: Model, on examples: [AlignmentExample], store: ActivationStore
  ) throws -> any JudgedFit
}

extension JudgedFit {
  /// None: gates and features are no subspace that a projection reads.
  func readParts() throws -> ReadParts? { nil }

  func isSwapped(_ place: Int) -> Bool { true }

  var run: InterchangeRun {
    InterchangeRun(model: model, store: store, batchSize: settings.batchSize)
  }

  /// The interventions with examples at the same sites.
  func placed(_ data: [SiteExamples], _ interventions: [any Intervention]) -> [PlacedSwap] {
    zip(data, interventions).map { PlacedSwap($0, $1) }
  }

  /// The outcome of each example under some interventions at the sites.
  func outcomes(
    _ data: [SiteExamples], _ interventions: [any Intervention]
  ) throws -> [Outcome] {
    try run.outcomes(placed(data, interventions), Array(0..<data[0].count))
  }

  /// The examples at each site.
  func placed(
    _ examples: [AlignmentExample], in model: Model, store: ActivationStore
  ) throws -> [SiteExamples] {
    try training.map { try SiteExamples(examples, at: $0.site, of: model, store: store) }
  }

  /// A swap of the first principal components of the training sources at the only site.
  func principalSwap(
    of data: [SiteExamples], rank: Int, blocks: [Range<Int>]
  ) throws -> (interventions: [any Intervention], note: String)? {
    guard data.count == 1, rank >= 1 else { return nil }
    let rows = Tensor.concatenatingRows(data[0].sourceRows)
    let components = try Rotation.principalComponents(of: rows, rank: min(rank, rows.rows - 1))
    let blocks = components.rank == rank ? blocks : [0..<components.rank]
    return (
      [DistributedInterchange(components.frozen, blocks: blocks)],
      "the first \(components.rank) principal components of the training sources"
    )
  }
}

/// Runs the controls of one fit on its test examples.
struct ControlSuite {
  static let randomSubspaceCount = 20

  let fit: any JudgedFit
  /// The test examples at each site.
  let test: [SiteExamples]
  let randomModel: Model?
  let randomStore: ActivationStore?

  private var settings: AlignmentSettings { fit.settings }

  /// A control's result; nil where the fit has no such control.
  func run(_ kind: ControlKind) throws -> ControlResult? {
    switch kind {
    case .selfSwap: try selfSwap()
    case .fullVector: try fullVector()
    case .randomSubspaces: try randomSubspaces()
    case .principalComponents: try principalComponents()
    case .shuffledSources: try shuffledSources()
    case .randomModel: try randomlyInitialized()
    case .rowSpace: try readPart(kind, \.row, "the part of it that the projection reads")
    case .nullSpace: try readPart(kind, \.null, "the part of it that the projection doesn't read")
    }
  }

  private func selfSwap() throws -> ControlResult {
    let (outcomes, largest) = try fit.run.selfSwap(
      test, fit.interventions, Array(0..<test[0].count))
    return ControlResult(
      name: ControlKind.selfSwap.rawValue, iia: Accuracy(outcomes), each: nil,
      largestChange: largest, note: "a no-op: the largest change of a logit must be 0")
  }

  private func fullVector() throws -> ControlResult {
    let sources = test[0].sourceRows.count
    return ControlResult(
      name: ControlKind.fullVector.rawValue,
      iia: Accuracy(try fit.outcomes(test, test.map { _ in FullInterchange() })), each: nil,
      largestChange: nil,
      note: sources == 1
        ? (test.count == 1 ? "the whole vector is swapped" : "all sites' vectors are swapped")
          + ": the ceiling, unless it carries more than the variable"
        : "the whole vector of the first of \(sources) sources")
  }

  private func randomSubspaces() throws -> ControlResult {
    var generator = RandomGenerator(seed: settings.seed ^ 0x5AB5)
    var all: [Outcome] = []
    var each: [Double] = []
    for _ in 0..<Self.randomSubspaceCount {
      let outcomes = try fit.outcomes(test, fit.random(seed: generator.next()))
      each.append(Accuracy(outcomes).value)
      all += outcomes
    }
    return ControlResult(
      name: ControlKind.randomSubspaces.rawValue, iia: Accuracy(all), each: each,
      largestChange: nil, note: "\(each.count) \(fit.randomName), pooled")
  }

  private func principalComponents() throws -> ControlResult? {
    guard let (components, note) = try fit.principalComponents(of: fit.training) else { return nil }
    return ControlResult(
      name: ControlKind.principalComponents.rawValue,
      iia: Accuracy(try fit.outcomes(test, components)), each: nil, largestChange: nil, note: note)
  }

  private func shuffledSources() throws -> ControlResult {
    var generator = RandomGenerator(seed: settings.seed ^ 0x5F0F)
    let order = Array(0..<test[0].count).shuffled(using: &generator)
    // Examples may differ in their number of positions: only those of one number can trade sources.
    let groups = Dictionary(grouping: order) { index in
      test.map { $0.positions[index].count }
    }
    var partner = Array(0..<test[0].count)
    for members in groups.values {
      for (place, member) in members.enumerated() {
        partner[member] = members[(place + 1) % members.count]
      }
    }
    let shuffled = test.map { data in
      data.replacingSources(
        data.sourceRows.indices.map { data.rows(of: partner, source: $0) })
    }
    return ControlResult(
      name: ControlKind.shuffledSources.rawValue,
      iia: Accuracy(try fit.outcomes(shuffled, fit.interventions)), each: nil,
      largestChange: nil, note: "sources of other examples: what remains is not theirs")
  }

  private func readPart(
    _ kind: ControlKind, _ part: (ReadParts) -> Rotation?, _ words: String
  ) throws -> ControlResult? {
    guard let parts = try fit.readParts() else { return nil }
    // Where there is no such part nothing is swapped.
    let swap: any Intervention = part(parts).map { DistributedInterchange($0) } ?? Untouched()
    return ControlResult(
      name: kind.rawValue, iia: Accuracy(try fit.outcomes(test, [swap])), each: nil,
      largestChange: nil,
      note: words + String(format: ", alone; it reads %.1f %% of the whole", 100 * parts.share))
  }

  private func randomlyInitialized() throws -> ControlResult {
    let model =
      try randomModel
      ?? Model(fit.model.architecture.randomlyInitialized(seed: settings.seed &+ 1))
    let store = randomStore ?? ActivationStore(for: test.map(\.site))
    let fitted = try fit.refitted(
      to: model, on: fit.training[0].examples, store: store)
    let data = try fit.placed(test[0].examples, in: model, store: store)
    return ControlResult(
      name: ControlKind.randomModel.rawValue,
      iia: Accuracy(try fitted.outcomes(data, fitted.interventions)), each: nil,
      largestChange: nil, note: "the same fit on a randomly initialised model")
  }
}

/// No change.
private final class Untouched: FixedIntervention {
  let name = "none"
  let sourceCount = 0

  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { base }
}

extension [AlignmentExample] {
  /// The share of the most frequent label.
  var constantAnswer: Double {
    let most = Dictionary(grouping: self) { $0.label }.values.map(\.count).max() ?? 0
    return isEmpty ? 0 : Double(most) / Double(count)
  }
}

/// The parts of a report besides the fit's controls.
struct FitRecord {
  /// The method's name in tables; nil for DAS.
  var method: String?
  /// The rank that its verdict takes; nil for that of the fit.
  var judgedRank: Int?
  var losses: [Double]
  var history: FitHistory?
  var dimension: DimensionEstimate?
  var orthonormalityError: Float = 0
  /// Remarks on the fit.
  var notes: [String]?
  /// The gates of a mask.
  var mask: MaskGates?
}

extension JudgedFit {
  /// The accuracy on other examples, with controls and a verdict.
  func report(
    _ record: FitRecord, site: String, on examples: [AlignmentExample],
    controls: Set<ControlKind>, randomModel: Model?, randomStore: ActivationStore?,
    progress: (String) -> Void
  ) throws -> AlignmentReport {
    let data = try placed(examples, in: model, store: store)
    let outcomes = try outcomes(data, interventions)
    let trainOutcomes = try self.outcomes(training, interventions)
    let suite = ControlSuite(
      fit: self, test: data, randomModel: randomModel, randomStore: randomStore)
    let results = try ControlKind.allCases.filter(controls.contains).compactMap { kind in
      progress(kind.rawValue)
      return try suite.run(kind)
    }
    let (test, train) = (Accuracy(outcomes), Accuracy(trainOutcomes))
    let judgment = record.history.map {
      FitVerdict.judging(
        .init(
          rank: record.judgedRank ?? rank, fit: $0, test: test, train: train, controls: results,
          dimension: record.dimension, constantAnswer: examples.constantAnswer))
    }
    let losses = record.losses
    let remarks =
      (record.notes ?? []) + IllusionTest.remarks(results, whole: test)
      + missing(controls, results)
    return AlignmentReport(
      method: record.method, notes: remarks.isEmpty ? nil : remarks, site: site, rank: rank,
      test: test, train: train,
      controls: results, steps: losses.count,
      finalLoss: losses.suffix(10).reduce(0, +) / Double(max(1, min(10, losses.count))),
      orthonormalityError: record.orthonormalityError, verdict: judgment?.verdict,
      verdictReason: judgment?.reason, fit: record.history, dimension: record.dimension,
      divergence: controls.isEmpty ? nil : try divergence(of: data),
      siteDivergences: controls.isEmpty ? nil : try siteDivergences(of: data),
      mask: record.mask)
  }

  /// A remark on controls that were asked for by name but don't exist for such a fit.
  private func missing(_ wanted: Set<ControlKind>, _ found: [ControlResult]) -> [String] {
    guard wanted != Set(ControlKind.allCases) else { return [] }
    let names = ControlKind.allCases.filter { kind in
      wanted.contains(kind) && !found.contains { $0.name == kind.rawValue }
    }.map(\.word)
    return names.isEmpty
      ? [] : ["no control \(names.joined(separator: ", ")): there is none for this site and fit"]
  }
}

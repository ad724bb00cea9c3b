import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A fitted mask: the parts that are swapped at each site, with all that is needed to judge them.
public final class MaskAlignment {
  /// The search that found it.
  public let search: MaskSearch
  /// The swap at each site, with hard gates.
  public let swaps: [GatedInterchange]
  /// The loss of every training step, with the penalty.
  public let losses: [Double]
  /// The course of the fit; its checks are those of hard gates.
  public let fit: FitHistory
  fileprivate let model: Model
  fileprivate let store: ActivationStore
  fileprivate let training: [SiteExamples]

  init(
    search: MaskSearch, model: Model, store: ActivationStore, training: [SiteExamples],
    swaps: [GatedInterchange], losses: [Double], fit: FitHistory
  ) {
    (self.search, self.model, self.store, self.training) = (search, model, store, training)
    (self.swaps, self.losses, self.fit) = (swaps, losses, fit)
  }

  /// The numbers of the open gates at each site: features, heads, or 0 for a site.
  public var chosen: [[Int]] { swaps.map(\.gate.chosen) }

  /// The number of gates that are open.
  public var chosenCount: Int { chosen.reduce(0) { $0 + $1.count } }

  /// The number of gates.
  public var count: Int { swaps.reduce(0) { $0 + $1.gate.count } }

  /// Interchange intervention accuracy of the hard mask on other examples, with controls.
  ///
  /// - Parameters:
  ///   - controls: the controls to run; all by default. Random subspaces are as many random gates;
  ///     principal components exist for features of one site
  ///   - randomModel: the same architecture with random weights; made when nil
  ///   - randomStore: the store of its base runs
  /// - Throws: ``AlignmentError`` or `ModelError` when an example doesn't fit.
  public func evaluate(
    on examples: [AlignmentExample], controls: Set<ControlKind> = Set(ControlKind.allCases),
    randomModel: Model? = nil, randomStore: ActivationStore? = nil,
    progress: (String) -> Void = { _ in }
  ) throws -> AlignmentReport {
    let rotations = swaps.compactMap { ($0.featurizer as? RotationFeaturizer)?.rotation }
    let isTurned = swaps.contains { !$0.featurizer.parameters.isEmpty }
    let record = FitRecord(
      method: "mask",
      // A gate is one number, not a direction of as many as the vector has.
      judgedRank: isTurned ? chosenCount : 1, losses: losses, history: fit,
      orthonormalityError: rotations.map(\.orthonormalityError).max() ?? 0, notes: [note],
      mask: MaskGates(of: self))
    return try FittedMask(found: self).report(
      record, site: search.sites.summary, on: examples,
      controls: controls, randomModel: randomModel, randomStore: randomStore, progress: progress)
  }

  /// The chosen parts in a sentence.
  private var note: String {
    let what =
      switch search.unit {
      case .features: "features (\(search.basis.name))"
      case .heads: "heads"
      case .sites: "sites"
      }
    let found = zip(search.sites, chosen)
    func short(_ words: [String], _ most: Int = 20) -> String {
      words.prefix(most).joined(separator: ", ") + (words.count > most ? ", …" : "")
    }
    let list =
      switch search.unit {
      case .sites: short(found.filter { !$1.isEmpty }.map { "\($0.0)" }, .max)
      // As in the field: layer.head.
      case .heads: short(found.flatMap { site, heads in heads.map { "\(site.layer).\($0)" } }, 60)
      case .features:
        found.map { site, gates in
          let numbers = short(gates.map(String.init))
          guard search.sites.count > 1 else { return numbers }
          return "\(site): \(gates.isEmpty ? "none" : numbers)"
        }.joined(separator: "; ")
      }
    return "\(chosenCount) of \(count) \(what) chosen" + (list.isEmpty ? "" : ": " + list)
  }
}

extension [Site] {
  /// The only site, or several in a few words.
  var summary: String {
    guard count > 1 else { return first?.description ?? "" }
    let components = Set(map(\.name)).sorted().joined(separator: ", ")
    let layers = Set(map(\.layer)).sorted()
    let positions = Set(map(\.positions.description)).sorted().joined(separator: ",")
    let range = layers.count == 1 ? "\(layers[0])" : "\(layers[0])–\(layers[layers.count - 1])"
    return "\(components) \(range) @ \(positions)"
  }
}

/// A mask as its controls see it.
private struct FittedMask: JudgedFit {
  let found: MaskAlignment

  var model: Model { found.model }
  var store: ActivationStore { found.store }
  var settings: AlignmentSettings { found.search.settings }
  var training: [SiteExamples] { found.training }
  var interventions: [any Intervention] { found.swaps }
  var rank: Int { found.chosenCount }
  var randomName: String { "random choices of \(rank) of \(found.count) gates" }

  func isSwapped(_ place: Int) -> Bool { !found.swaps[place].gate.chosen.isEmpty }

  func random(seed: UInt64) throws -> [any Intervention] {
    var generator = RandomGenerator(seed: seed)
    let opened = Set(Array(0..<found.count).shuffled(using: &generator).prefix(rank))
    var start = 0
    return found.swaps.map { swap in
      let gate = swap.gate
      let features = (0..<swap.featurizer.featureCount).filter {
        opened.contains(start + (gate.groups?[$0] ?? $0))
      }
      start += gate.count
      return FeaturizedInterchange(swap.featurizer, features: features)
    }
  }

  func principalComponents(
    of data: [SiteExamples]
  ) throws -> (interventions: [any Intervention], note: String)? {
    guard found.search.unit == .features, (1...data[0].sourceRows[0].width).contains(rank)
    else { return nil }
    return try principalSwap(of: data, rank: rank, blocks: [0..<rank])
  }

  func refitted(
    to model: Model, on examples: [AlignmentExample], store: ActivationStore
  ) throws -> any JudgedFit {
    FittedMask(found: try found.search.fit(model, on: examples, store: store))
  }
}

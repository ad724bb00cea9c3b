import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension SparseUpdate: StorableIntervention {
  static var methods: [String] { ["diff-pruning"] }
  var traits: InterventionTraits { InterventionTraits() }
  var storedTensors: [(name: String, tensor: Tensor)] { [("change", weightChange)] }

  convenience init(from stored: StoredIntervention) throws {
    self.init(change: try stored.tensor("change", [stored.width, stored.requiredSourceWidth()]))
  }
}

extension SparseUpdate: MergeableIntervention {}

/// Diff pruning (arXiv 2012.07463): a change of all weights that is trained to be sparse. In the first half
/// of the training gates are drawn and a penalty shuts them; then the largest changes are kept, of all
/// layers together, and only those are trained on.
enum DiffPruningMethod: AdapterMethod {
  static let names = ["diff-pruning"]
  static let choices: Set<AdapterChoice> = [.layers, .projections, .share, .penalty]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    let share = configuration.share ?? 0.005
    guard share > 0, share <= 1 else {
      throw FineTuningError.invalidSetting(
        name: "keep", expected: "above 0, to 1", found: "\(share)")
    }
    let penalty = configuration.penalty ?? 1.25e-7
    guard penalty >= 0 else {
      throw FineTuningError.invalidSetting(
        name: "penalty", expected: "0 or more", found: "\(penalty)")
    }
    let adapter = try projectionInterventions(configuration, base) {
      _, _, width, inputWidth in
      SparseUpdate(width: width, inputWidth: inputWidth)
    }
    adapter.pruning = Pruning(share: share, penalty: Float(penalty))
    return adapter
  }
}

/// How the changes of an adapter's weights are made sparse while it is trained.
struct Pruning {
  /// The share of the changes that is kept.
  let share: Double
  /// The weight of an open gate in the loss.
  let penalty: Float

  /// Halfway, settles which changes are kept: the largest of all.
  func prepare(_ updates: [SparseUpdate], step: Int, of steps: Int) {
    for update in updates { update.isSettled = step > steps / 2 }
    guard step == steps / 2 else { return }
    let sizes = updates.flatMap(\.magnitudes).sorted(by: >)
    let kept = max(1, Int((Double(sizes.count) * share).rounded()))
    for update in updates { update.settle(keeping: sizes[kept - 1]) }
  }

  /// What is added to the loss.
  func loss(_ updates: [SparseUpdate]) -> Tensor? {
    guard penalty > 0, let first = updates.first, !first.isSettled else { return nil }
    return penalty * updates.dropFirst().reduce(first.expectedCount) { $0 + $1.expectedCount }
  }
}

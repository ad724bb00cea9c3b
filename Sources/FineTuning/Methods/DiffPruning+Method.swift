import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension SparseUpdate: StorableIntervention {
  public static var methods: [String] { ["diff-pruning"] }
  public var storedTensors: [(name: String, tensor: Tensor)] { [("change", weightChange)] }

  public convenience init(from stored: StoredIntervention) throws {
    self.init(change: try stored.tensor("change", [stored.width, stored.requiredSourceWidth()]))
  }
}

extension SparseUpdate: MergeableIntervention {}

extension AdapterChoice {
  /// The share of all changes of weights that is kept.
  public static let share = number(
    "keep", key: "share", "The share of weights that diff pruning changes.", valueName: "share",
    range: "above 0, to 1"
  ) { $0 > 0 && $0 <= 1 }

}

extension AdapterConfiguration {
  /// The share of all changes of weights that diff pruning keeps.
  public var share: Double? {
    get { self[.share] }
    set { self[.share] = newValue }
  }
}

/// Diff pruning (arXiv 2012.07463): a change of all weights that is trained to be sparse. In the
/// first half of the training gates are drawn and a penalty shuts them; then the largest changes
/// are kept, of all layers together, and only those are trained on.
enum DiffPruningMethod: AdapterMethod {
  static let names = ["diff-pruning"]
  static let summary = "A sparse change of all weights (arXiv 2012.07463)."
  static let choices: [AdapterChoice] = [
    .layers, .everyProjection, .share.defaulting(to: 0.005), .penalty.defaulting(to: 1.25e-7),
  ]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    let pruning = DiffPruning(
      share: try configuration.value(.share),
      penalty: Float(try configuration.value(.penalty, as: Double.self)))
    return try projectionInterventions(configuration, base) { _, _, width, inputWidth in
      SparseUpdate(width: width, inputWidth: inputWidth, pruning: pruning)
    }
  }
}

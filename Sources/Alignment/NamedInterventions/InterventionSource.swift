import InterchangeModels
import InterchangeTensors

/// A place where an intervention's source vectors come from: a counterfactual text, the mean of a
/// data set, another example, drawn noise.
public protocol InterventionSource: Sendable {
  /// Tells whether vectors are read at the positions of the examples' sources, not of their bases.
  var isCounterfactual: Bool { get }
  /// Tells whether vectors are those of the run that is changed, so that a change below would change
  /// them.
  var followsRun: Bool { get }

  /// Gets ready for an experiment.
  ///
  /// - Parameters:
  ///   - examples: the whole data set
  ///   - sites: the sites that are changed; their positions don't count
  /// - Throws: ``AlignmentError`` where the vectors can't be had for these examples or sites
  func reader(
    of examples: [AlignmentExample], at sites: [Site], in model: Model, store: ActivationStore
  ) throws -> any SourceReader
}

extension InterventionSource {
  /// Vectors of the bases.
  public var isCounterfactual: Bool { false }
  /// Vectors that no change below changes.
  public var followsRun: Bool { false }
}

/// The source vectors of an experiment's examples.
public protocol SourceReader {
  /// The vectors for some cells of some examples, at every site: [Σ positions, width] each.
  ///
  /// - Parameters:
  ///   - examples: their places in the data set
  ///   - positions: for each of them
  func rows(of examples: [Int], positions: [[Int]]) throws -> [Tensor]
}

/// The vectors of one input for each example, read when they are wanted.
struct InputReader: SourceReader {
  let inputs: [ModelInput]
  let sites: [Site]
  let model: Model
  let store: ActivationStore

  func rows(of examples: [Int], positions: [[Int]]) throws -> [Tensor] {
    try model.activations(
      at: sites, examples.map { inputs[$0] }, positions: positions, store: store)
  }
}

extension Model {
  /// Hidden vectors at the same cells of several sites, in one run: [Σ positions, width] each.
  func activations(
    at sites: [Site], _ inputs: [ModelInput], positions: [[Int]], store: ActivationStore
  ) throws -> [Tensor] {
    try run(
      Request(inputs, captures: sites.map { Cells($0, positions: positions) }), store: store
    ).captures.map(\.detached)
  }
}

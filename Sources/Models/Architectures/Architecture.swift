import InterchangeBasics
import InterchangeTensors

/// A network as a stack of blocks over a residual stream; one file for each.
///
/// An architecture says how one block works on packed rows and announces every component through
/// ``BlockContext/visit(_:_:)``. Which rows exist, what is known of the others, edits and captures are
/// the run's business, the same for all architectures.
public protocol Architecture: Sendable {
  /// The name in checkpoints, such as `llama`.
  var name: String { get }
  /// The number of blocks.
  var layers: Int { get }
  /// The width of the residual stream.
  var width: Int { get }
  /// The number of token ids that it reads: the rows of its embedding table; 0 when it reads vectors.
  var vocabulary: Int { get }
  /// The number of outputs: the vocabulary of a language model, the classes of a classifier; 0 without
  /// a head.
  var outputs: Int { get }
  /// The outputs' names, where they are no tokens: a classifier's labels.
  var labels: [String]? { get }
  /// Whether a position sees only itself and earlier ones.
  var isCausal: Bool { get }
  /// The longest sequence it reads.
  var maximumLength: Int { get }
  /// The number of trainable numbers in all weights.
  var parameterCount: Int { get }

  /// The bytes of all weights as they are held.
  var weightBytes: Int { get }
  /// How many numbers a block keeps of each row for its backward pass.
  var recordedWidth: Int { get }

  /// A component's width and, where it is made of heads, their number; nil when a block has no such
  /// component.
  func dimensions(of component: Component) -> ComponentDimensions?

  /// Whether a projection of its blocks has a bias.
  func hasBias(_ projection: Projection) -> Bool

  /// What the norms with a bias make in a layer, and, with the first one, before it.
  func biasedNorms(_ layer: Int) -> [Component]

  /// A projection's weight [outputs, inputs], widened; nil when its blocks have no such projection. The layer
  /// has to exist.
  func weight(of projection: Projection, layer: Int) -> Tensor?

  /// What a folder's checkpoint calls a projection, without `.weight` and without what may stand before it; nil
  /// when there is no such form.
  func tensorName(of projection: Projection, layer: Int) -> String?

  /// The position whose outputs answer for a whole input: a decoder's last one.
  func outputPosition(of input: ModelInput) -> Int

  /// The first rows of the residual stream for chosen positions of each input: [rows, width].
  func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor

  /// One block: from the rows that came in [key rows, width] to the rows whose output is needed
  /// [output rows, width].
  func block(_ layer: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor

  /// From the last rows of the residual stream [rows, width] to the wanted outputs, in the order
  /// given, or to all of them: [rows, outputs].
  func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor

  /// The mean cross-entropy of the outputs for rows of the last stage [rows, width], as a scalar.
  ///
  /// - Parameter targets: the right output for each row
  func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor

  /// What a block computes.
  ///
  /// - Parameters:
  ///   - keyRows: the rows that come in
  ///   - outputRows: those whose output is needed
  ///   - pairs: how many positions the output rows attend to, in all
  func blockCost(_ layer: Int, keyRows: Int, outputRows: Int, pairs: Int) -> RunCost

  /// What the output computes for rows of the last stage and a number of wanted outputs.
  func outputCost(rows: Int, outputs: Int) -> RunCost

  /// The same architecture with changes of its weights, whose layers and shapes have been checked; nil
  /// when it can't be changed.
  func adding(_ changes: [WeightChange]) -> Self?

  /// The same architecture with random weights, as it would be initialised before training.
  func randomlyInitialized(seed: UInt64) -> Self
}

extension Architecture {
  public func hasBias(_ projection: Projection) -> Bool { false }

  public func biasedNorms(_ layer: Int) -> [Component] { [] }

  public func weight(of projection: Projection, layer: Int) -> Tensor? { nil }

  public func tensorName(of projection: Projection, layer: Int) -> String? { nil }

  public func adding(_ changes: [WeightChange]) -> Self? { nil }

  public var labels: [String]? { nil }

  public func outputPosition(of input: ModelInput) -> Int { input.length - 1 }

  public func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor {
    logits(residual, outputs: nil).crossEntropy(targets)
  }
}

/// How wide a component is, and how many heads make it up.
public struct ComponentDimensions: Equatable, Sendable {
  public let width: Int
  public let heads: Int?

  public init(width: Int, heads: Int? = nil) {
    (self.width, self.heads) = (width, heads)
  }

  /// The columns of one head, or all columns.
  func columns(head: Int?) -> Range<Int> {
    guard let head, let heads else { return 0..<width }
    let part = width / heads
    return head * part..<(head + 1) * part
  }
}

/// What a block is given by the run: its rows, its known positions, and the visitor of its components.
public final class BlockContext {
  private let layer: Int
  private let keyRows: RowSet
  private let outputRows: RowSet
  private let visitor: Visitor
  private let known: [Int]
  /// Of how many leading positions keys and values are kept.
  private let wantedKeys: [Int]
  private let stored: [any KnownKeys]?
  private let growing: [KeyValueCache]?
  private let angleCache: AngleCache

  init(
    layer: Int, plan: RowPlan, visitor: Visitor, stored: [any KnownKeys]?,
    growing: [KeyValueCache]?, angleCache: AngleCache
  ) {
    self.layer = layer
    keyRows = plan.stages[layer]
    outputRows = plan.outputs[layer]
    known = plan.known[layer]
    wantedKeys = plan.keys?[layer] ?? []
    (self.visitor, self.stored, self.growing) = (visitor, stored, growing)
    self.angleCache = angleCache
  }

  /// Announces a component: returns its rows after the edits that concern it.
  public func visit(_ component: Component, _ rows: Tensor) -> Tensor {
    visitor.visit(component, layer, rows, component.isKeySide ? keyRows : outputRows)
  }

  /// Whether anybody reads or edits a component of this layer; fused paths are for when nobody does.
  public func isVisited(_ component: Component) -> Bool { visitor.concerns(component, layer) }

  /// The rows whose output is needed, of all rows that came in.
  public func keepingOutputRows(_ rows: Tensor) -> Tensor {
    outputRows == keyRows ? rows : rows.gatherRows(keyRows.rows(of: outputRows.positions))
  }

  /// The rotary angles of all rows that came in.
  public func keyAngles(_ embedding: RotaryEmbedding) -> RotaryAngles {
    angleCache.angles(embedding, keyRows)
  }

  /// The rotary angles of the rows whose output is needed.
  public func queryAngles(_ embedding: RotaryEmbedding) -> RotaryAngles {
    angleCache.angles(embedding, outputRows)
  }

  /// Attention of the output rows over the known positions and all rows that came in.
  ///
  /// - Parameters:
  ///   - query: [output rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth], with its position encoding
  ///   - value: [key rows, keyHeads · headWidth]
  /// - Returns: [output rows, heads · headWidth]
  public func attention(
    query: Tensor, key: Tensor, value: Tensor, headWidth: Int, causal: Bool
  ) -> Tensor {
    var segments: [AttentionSegment] = []
    for sequence in keyRows.positions.indices {
      let stored = known[sequence] > 0 ? stored?[sequence].known(layer) : nil
      require(
        known[sequence] == 0 || stored != nil,
        "attention: \(known[sequence]) positions of layer \(layer) are not stored")
      segments.append(
        AttentionSegment(
          queries: outputRows.range(sequence), queryPositions: outputRows.positions[sequence],
          keys: keyRows.range(sequence), knownCount: known[sequence], known: stored))
      if let cache = growing?[sequence] {
        let rows = keyRows.range(sequence).prefix(max(0, wantedKeys[sequence] - known[sequence]))
        guard !rows.isEmpty else { continue }
        cache.append(
          layer: layer, keys: key.detached.rowSlice(rows).copied(),
          values: value.detached.rowSlice(rows).copied())
      }
    }
    return Tensor.attention(
      query: query, key: key, value: value, segments: segments, headWidth: headWidth,
      causal: causal, onWeights: visitor.attentionVisitor(of: layer, outputRows))
  }
}

/// The rotary angles of the last few row sets: most blocks of a run share them.
final class AngleCache {
  private var entries: [(rows: RowSet, angles: RotaryAngles)] = []

  func angles(_ embedding: RotaryEmbedding, _ rows: RowSet) -> RotaryAngles {
    if let entry = entries.first(where: { $0.rows == rows }) { return entry.angles }
    let angles = embedding.angles(at: rows.flattened)
    entries = entries.suffix(3) + [(rows, angles)]
    return angles
  }
}

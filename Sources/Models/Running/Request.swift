import InterchangeBasics
import InterchangeTensors

/// An input sequence, or the two of an encoder-decoder.
public indirect enum ModelInput: Hashable, Sendable {
  /// Token ids, one for each position; of an encoder with token types all have type 0.
  case tokens([Int])
  /// Token ids with their token types: which of two texts each belongs to, as one number a
  /// position.
  case segments([Int], types: [Int])
  /// Vectors, one for each position, each as wide as the model's input: of a language model in the
  /// place of its tokens' vectors, ``Architecture/tokenVectors(_:)``.
  case vectors([[Float]])
  /// The text that an encoder reads, and the tokens that the decoder reads, from its start token
  /// on.
  case pair(source: ModelInput, target: [Int])

  /// The number of positions; of a pair the decoder's.
  public var length: Int {
    switch self {
    case .tokens(let ids), .segments(let ids, _), .pair(_, let ids): ids.count
    case .vectors(let vectors): vectors.count
    }
  }

  /// The token ids, of a pair the decoder's; nil for vectors.
  public var tokenIDs: [Int]? {
    switch self {
    case .tokens(let ids), .segments(let ids, _), .pair(_, let ids): ids
    case .vectors: nil
    }
  }

  /// The text itself: of a pair its source.
  public var text: ModelInput { source ?? self }

  /// The sequence that an encoder reads; nil where it isn't a pair.
  public var source: ModelInput? {
    if case .pair(let source, _) = self { source } else { nil }
  }

  /// Tells whether it says which of two texts each token belongs to.
  var hasTypes: Bool {
    if case .segments = self { true } else { false }
  }

  /// Its name in messages.
  var kind: String {
    switch self {
    case .tokens: "token ids"
    case .segments: "token ids with token types"
    case .vectors: "vectors"
    case .pair: "a source with a target"
    }
  }
}

extension ModelInput {
  /// The same sequence after a number of placeholders, whose vectors an edit is to put in.
  ///
  /// - Parameter targets: the number before a pair's target; the others are before its source
  func prepending(_ count: Int, targets: Int = 0) -> ModelInput {
    switch self {
    case .tokens(let ids): .tokens(Array(repeating: 0, count: count) + ids)
    case .segments(let ids, let types):
      .segments(
        Array(repeating: 0, count: count) + ids, types: Array(repeating: 0, count: count) + types)
    case .vectors(let vectors):
      .vectors(
        Array(repeating: Array(repeating: 0, count: vectors.first?.count ?? 0), count: count)
          + vectors)
    case .pair(let source, let target):
      .pair(
        source: source.prepending(count),
        target: Array(repeating: 0, count: targets) + target)
    }
  }
}

/// Cells (sequence, position) of one component of a layer.
public struct Cells: Sendable {
  /// The kind of hidden representation.
  public let component: Component
  /// The layer, counted from 0.
  public let layer: Int
  /// One head's part of the vector, or nil for all of it.
  public let head: Int?
  /// The positions for each sequence of the batch, in any order, each once.
  public let positions: [[Int]]

  /// Cells of a layer's component, whole vectors unless a head is given.
  public init(_ component: Component, layer: Int, head: Int? = nil, positions: [[Int]]) {
    (self.component, self.layer, self.head) = (component, layer, head)
    self.positions = positions
  }

  /// A site's cells, the same positions set out for each sequence.
  public init(_ site: Site, positions: [[Int]]) {
    self.init(site.component, layer: site.layer, head: site.head, positions: positions)
  }

  /// The number of cells over all sequences.
  public var count: Int { positions.reduce(0) { $0 + $1.count } }

  /// The entry stage: the first stage of the residual stream whose rows the cells need. Stage s is
  /// the input of block s; the last stage is that of the final norm.
  var stage: Int { component.hasLeft ? layer + 1 : layer }

  /// Tells whether the component lies between a block's input and its output.
  var isInside: Bool { component.isInside }
}

/// A change of hidden vectors while a model runs: a pure function of the rows at some cells.
public struct Edit {
  public fileprivate(set) var cells: Cells
  /// Another component of the same layer that the change depends on, such as a projection's input.
  public let reading: Component?
  /// Tells whether each row is changed by itself, whatever the others are; then only those rows are
  /// computed and changed that reach something asked for.
  public let isRowwise: Bool
  /// From the edited rows and those read.
  let change: (Tensor, Tensor?) -> Tensor

  /// A change of the rows at some cells.
  ///
  /// Rows of components with numbers for each position, such as ``Component/attentionWeight``, have
  /// room for the longest sequence of the request, a cross-attention's for the longest source, as
  /// in ``Run/captures``.
  ///
  /// - Parameters:
  ///   - isRowwise: whether `transform` may get any of the rows
  ///   - transform: from the rows [cells.count, width], sequence by sequence in the order of the
  ///     cells' positions, to the rows that take their place
  public init(
    _ cells: Cells, isRowwise: Bool = false, transform: @escaping (Tensor) -> Tensor
  ) {
    (self.cells, self.isRowwise, reading) = (cells, isRowwise, nil)
    change = { rows, _ in transform(rows) }
  }

  /// A change of each row that depends on another component's row at the same cell.
  ///
  /// - Parameters:
  ///   - reading: computed before the edited one, such as ``Projection/input``
  ///   - transform: from rows [rows, width] of the edited component and [rows, read width] of the
  ///     other, to those that take the first ones' place
  public init(
    _ cells: Cells, reading: Component, transform: @escaping (Tensor, Tensor) -> Tensor
  ) {
    (self.cells, self.reading, isRowwise) = (cells, reading, true)
    change = { rows, read in
      guard let read else { programmerError("edit: \(reading.rawValue) was not kept") }
      return transform(rows, read)
    }
  }
}

/// One run of a model over a batch: which sequences, what is edited, what is to be returned.
///
/// ```swift
/// // The last token's vector after block 3, with block 1's MLP switched off there.
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let text = model.encode("The keys to the cabinet")
/// let last = [[text.length - 1]]
/// var request = Request.lastLogits(
///   [text.input], edits: [Edit(Cells(.mlpOutput, layer: 1, positions: last)) { 0 * $0 }])
/// request.captures = [Cells(.blockOutput, layer: 3, positions: last)]
/// let run = try model.run(request)
/// print(run.captures[0].shape, run.logits!.shape)  // [1, 576] [1, 49152]
/// ```
public struct Request {
  /// The sequences of the batch.
  public var inputs: [ModelInput]
  /// Applied in this order where several touch the same cells.
  public var edits: [Edit]
  /// Read after the edits of the same component.
  public var captures: [Cells]
  /// The positions for each sequence whose logits are wanted; nil for none at all.
  public var logits: [[Int]]?
  /// The outputs that are wanted there, in this order; nil for all.
  public var outputs: [Int]?
  /// The right output at each of the wanted positions, sequence by sequence: the run returns their
  /// mean cross-entropy over all outputs instead of logits.
  public var targets: [Int]?
  /// Tells whether blocks are computed a second time when gradients come back, so that only what
  /// goes from block to block is kept in between.
  public var recomputesBlocks = false
  /// Stored keys and values of leading positions, one for each sequence; grown by the run.
  public var caches: [KeyValueCache]?

  /// A plain run of some sequences, with what else is given.
  public init(
    _ inputs: [ModelInput], edits: [Edit] = [], captures: [Cells] = [], logits: [[Int]]? = nil,
    outputs: [Int]? = nil, caches: [KeyValueCache]? = nil
  ) {
    (self.inputs, self.edits, self.captures) = (inputs, edits, captures)
    (self.logits, self.outputs, self.caches) = (logits, outputs, caches)
  }

  /// A request for the logits of each sequence's last position.
  public static func lastLogits(
    _ inputs: [ModelInput], edits: [Edit] = [], outputs: [Int]? = nil
  ) -> Request {
    Request(inputs, edits: edits, logits: inputs.map { [$0.length - 1] }, outputs: outputs)
  }
}

extension Request {
  /// Puts placeholders before every sequence: soft tokens, whose vectors edits put in. Every
  /// position named so far moves with its sequence.
  ///
  /// Key/value caches are those of the sequences with their placeholders.
  ///
  /// - Parameters:
  ///   - count: the number before each sequence; of an encoder-decoder before its source
  ///   - targets: the number before each target
  ///   - isOfSource: tells which cells are at positions of a source
  public mutating func prependVirtualTokens(
    _ count: Int, targets: Int = 0, isOfSource: (Component, Int) -> Bool = { _, _ in false }
  ) {
    guard count > 0 || targets > 0 else { return }
    let isPair = inputs.contains { $0.source != nil }
    func shift(_ cells: Cells) -> Int {
      isPair && !isOfSource(cells.component, cells.layer) ? targets : count
    }
    inputs = inputs.map { $0.prepending(count, targets: targets) }
    edits = edits.map { $0.shifted(by: shift($0.cells)) }
    captures = captures.map { $0.shifted(by: shift($0)) }
    logits = logits?.map { $0.map { $0 + (isPair ? targets : count) } }
  }
}

extension Cells {
  /// The same cells of a stack that begins so many layers above.
  func lowered(by layers: Int) -> Cells {
    Cells(component, layer: layer - layers, head: head, positions: positions)
  }

  fileprivate func shifted(by count: Int) -> Cells {
    Cells(
      component, layer: layer, head: head, positions: positions.map { $0.map { $0 + count } })
  }
}

extension Edit {
  /// The same change in a stack that begins so many layers above.
  func lowered(by layers: Int) -> Edit {
    var edit = self
    edit.cells = cells.lowered(by: layers)
    return edit
  }

  fileprivate func shifted(by count: Int) -> Edit {
    var edit = self
    edit.cells = cells.shifted(by: count)
    return edit
  }
}

/// The results of a run.
public struct Run {
  /// The wanted outputs' logits at the wanted positions, sequence by sequence: [positions,
  /// outputs].
  public let logits: Tensor?
  /// The mean cross-entropy at the wanted positions, when there are targets.
  public let loss: Tensor?
  /// For each capture its rows [cells, width], sequence by sequence. Components with numbers for
  /// each position have room for the longest sequence of the request, a cross-attention's for the
  /// longest source: [cells, heads · longest], 0 after a shorter one's end.
  public let captures: [Tensor]
}

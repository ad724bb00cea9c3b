import InterchangeBasics
import InterchangeTensors

/// The encoders BERT (arXiv 1810.04805) and RoBERTa (arXiv 1907.11692): every position attends to all,
/// and each sub-layer's output is added to its input and then normed.
///
/// `attention_input` and `mlp_input` are what the two sub-layers read; an edit there doesn't reach the
/// residual stream beside them. There is no gate: `mlp_activation` and `mlp_hidden` are the same vector.
public struct Bert: Architecture {
  /// Which of the two; they differ in names, positions and heads.
  public enum Family: String, Sendable, CaseIterable {
    case bert
    case roberta
  }

  /// What a checkpoint says of its shape.
  public struct Configuration: Sendable, Equatable {
    public var family: Family
    public var vocabulary: Int
    public var width: Int
    public var layers: Int
    public var heads: Int
    public var hiddenWidth: Int
    public var activation: Activation
    public var normEpsilon: Float
    /// The rows of the position table.
    public var positions: Int
    /// The row of the first position: RoBERTa's are counted from behind the padding id.
    public var firstPosition: Int
    /// How many token types there are.
    public var tokenTypes: Int
    /// The labels' names, when the checkpoint has any.
    public var labels: [String]?
  }

  /// A layer norm: weight and bias [width].
  struct Norm: Sendable {
    let weight: Tensor
    let bias: Tensor
    let epsilon: Float

    func callAsFunction(_ rows: Tensor) -> Tensor {
      rows.layerNorm(weight, bias: bias, epsilon: epsilon)
    }

    var count: Int { weight.count + bias.count }
  }

  struct Layer: Sendable, ProjectionBlock {
    var query: LinearMap  // attention.self.query
    var key: LinearMap  // attention.self.key
    var value: LinearMap  // attention.self.value
    var output: LinearMap  // attention.output.dense
    let attentionNorm: Norm  // attention.output.LayerNorm
    var up: LinearMap  // intermediate.dense
    var down: LinearMap  // output.dense
    let mlpNorm: Norm  // output.LayerNorm

    static func place(of projection: Projection) -> WritableKeyPath<Layer, LinearMap>? {
      switch projection {
      case .query: \.query
      case .key: \.key
      case .value: \.value
      case .output: \.output
      case .gate: nil
      case .up: \.up
      case .down: \.down
      }
    }

    var norms: [Norm] { [attentionNorm, mlpNorm] }
  }

  /// What reads the last hidden vectors.
  enum Head: Sendable {
    /// The masked-language model's: norm(f(transform)) through the embedding table, or its own.
    case vocabulary(transform: LinearMap, norm: Norm, activation: Activation, decoder: LinearMap)
    /// A classifier's: a linear map, for whole sequences after tanh(dense).
    case labels(dense: LinearMap?, output: LinearMap)
  }

  public let configuration: Configuration
  let words: Weight  // [vocabulary, width]
  let positions: Tensor  // [positions, width]
  let types: Tensor  // [tokenTypes, width]
  let embeddingNorm: Norm
  private(set) var blocks: [Layer]
  let pooler: LinearMap?
  let head: Head?
  /// Whether the head's decoder is the embedding table.
  let isTied: Bool
  /// The id of the mask, at which a masked-language model's output is read.
  var maskToken: Int?

  init(
    _ configuration: Configuration, words: Weight, positions: Tensor, types: Tensor,
    embeddingNorm: Norm, blocks: [Layer], pooler: LinearMap?, head: Head?, isTied: Bool
  ) {
    self.configuration = configuration
    (self.words, self.positions, self.types) = (words, positions, types)
    (self.embeddingNorm, self.blocks) = (embeddingNorm, blocks)
    (self.pooler, self.head, self.isTied) = (pooler, head, isTied)
  }

  public var name: String { configuration.family.rawValue }
  public var layers: Int { configuration.layers }
  public var width: Int { configuration.width }
  public var vocabulary: Int { configuration.vocabulary }
  public var isCausal: Bool { false }
  public var maximumLength: Int { configuration.positions - configuration.firstPosition }

  public var outputs: Int {
    switch head {
    case .vocabulary(_, _, _, let decoder): decoder.weight.rows
    case .labels(_, let output): output.weight.rows
    case nil: 0
    }
  }

  /// The names of a classifier's outputs; `LABEL_0`… where the checkpoint doesn't name them.
  public var labels: [String]? {
    guard case .labels = head else { return nil }
    return configuration.labels ?? (0..<outputs).map { "LABEL_\($0)" }
  }

  /// The first position; for a masked-language model that of the first mask, or the last one when the
  /// input has none.
  public func outputPosition(of input: ModelInput) -> Int {
    guard case .vocabulary = head else { return 0 }
    return maskToken.flatMap { input.tokenIDs?.firstIndex(of: $0) } ?? input.length - 1
  }

  public func dimensions(of component: Component) -> ComponentDimensions? {
    let c = configuration
    return switch component {
    case .attentionValueOutput, .queryOutput, .keyOutput, .positionedKeyOutput, .valueOutput:
      ComponentDimensions(width: c.width, heads: c.heads)
    case .upOutput, .mlpActivation, .mlpHidden: ComponentDimensions(width: c.hiddenWidth)
    case .gateOutput: nil
    default: ComponentDimensions(width: c.width)
    }
  }

  public func hasBias(_ projection: Projection) -> Bool { blocks.haveBias(projection) }

  public func biasedNorms(_ layer: Int) -> [Component] {
    (layer == 0 ? [.blockInput] : []) + [.residualMiddle, .blockOutput]
  }

  public func weight(of projection: Projection, layer: Int) -> Tensor? {
    blocks[layer][projection]?.weight.floats()
  }

  public func adding(_ changes: [WeightChange]) -> Bert? {
    var changed = self
    changed.blocks = blocks.adding(changes)
    return changed
  }

  public func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    var ids: [Int] = []
    var typeIDs: [Int] = []
    for (input, positions) in zip(inputs, positions) {
      guard let tokens = input.tokenIDs else {
        throw ModelError.invalidInput(expected: "token ids", found: input.kind)
      }
      ids += positions.map { tokens[$0] }
      guard case .segments(_, let types) = input else {
        typeIDs += positions.map { _ in 0 }
        continue
      }
      guard types.count == tokens.count else {
        throw ModelError.invalidInput(
          expected: "\(tokens.count) token types, one for each token", found: "\(types.count)")
      }
      typeIDs += positions.map { types[$0] }
    }
    for (kind, ids, count) in [
      ("token ids", ids, configuration.vocabulary),
      ("token types", typeIDs, configuration.tokenTypes),
    ] {
      guard let id = ids.first(where: { !(0..<count).contains($0) }) else { continue }
      throw ModelError.invalidInput(expected: "\(kind) below \(count)", found: "\(id)")
    }
    let places = positions.flatMap { $0.map { $0 + configuration.firstPosition } }
    return embeddingNorm(
      words.floats(ids) + self.positions.gatherRows(places) + types.gatherRows(typeIDs))
  }

  public func block(_ index: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    let layer = blocks[index]

    let input = context.visit(.attentionInput, residual)
    let key = context.visit(.keyOutput, layer.key(input))
    let value = context.visit(.valueOutput, layer.value(input))
    let query = context.visit(.queryOutput, layer.query(context.keepingOutputRows(input)))
    let mixed = context.attention(
      query: query, key: context.visit(.positionedKeyOutput, key), value: value,
      headWidth: configuration.width / configuration.heads, causal: false)
    let attended = context.visit(
      .attentionOutput, layer.output(context.visit(.attentionValueOutput, mixed)))
    let middle = context.visit(
      .residualMiddle, layer.attentionNorm(context.keepingOutputRows(residual) + attended))

    let raised = context.visit(.upOutput, layer.up(context.visit(.mlpInput, middle)))
      .activated(configuration.activation)
    let hidden = context.visit(.mlpHidden, context.visit(.mlpActivation, raised))
    return layer.mlpNorm(middle + context.visit(.mlpOutput, layer.down(hidden)))
  }

  /// What sums up a sequence: tanh(W h + b) of rows of the last stage [rows, width]; nil without a
  /// pooler.
  public func pooled(_ residual: Tensor) -> Tensor? { pooler?(residual).activated(.tanh) }

  public func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    func chosen(_ projection: LinearMap) -> LinearMap {
      outputs.map(projection.selecting) ?? projection
    }
    switch head {
    case .vocabulary(let transform, let norm, let activation, let decoder):
      return chosen(decoder)(norm(transform(residual).activated(activation)))
    case .labels(let dense, let output):
      return chosen(output)(dense?(residual).activated(.tanh) ?? residual)
    case nil:
      programmerError("logits: this \(name) model has no head")
    }
  }
}

import InterchangeBasics
import InterchangeTensors

/// The encoders BERT (arXiv 1810.04805) and RoBERTa (arXiv 1907.11692): every position attends to
/// all, and each sub-layer's output is added to its input and then normed.
///
/// `attention_input` and `mlp_input` are what the two sub-layers read; an edit there doesn't reach
/// the residual stream beside them. There is no gate: `mlp_activation` and `mlp_hidden` are the
/// same vector.
public struct Bert: Architecture {
  /// One of the two; they differ in names, positions and heads.
  public enum Family: String, Sendable, CaseIterable {
    case bert
    case roberta
    /// XLM-RoBERTa (arXiv 1911.02116): a RoBERTa of many languages.
    case xlmRoberta = "xlm-roberta"

    /// What stands before the names of its body's tensors.
    var prefix: String { self == .bert ? "bert." : "roberta." }
  }

  /// The sizes that a checkpoint states.
  public struct Configuration: Sendable, Equatable {
    /// The one of the two that it is.
    public var family: Family
    /// The rows of the embedding table.
    public var vocabulary: Int
    /// The width of the residual stream.
    public var width: Int
    /// The number of blocks.
    public var layers: Int
    /// The number of heads.
    public var heads: Int
    /// The width of the MLP's hidden vector.
    public var hiddenWidth: Int
    /// The MLP's non-linearity.
    public var activation: Activation
    /// The number that the norms add to the variance.
    public var normEpsilon: Float
    /// The rows of the position table.
    public var positions: Int
    /// The row of the first position: RoBERTa's are counted from after the padding id.
    public var firstPosition: Int
    /// The number of token types.
    public var tokenTypes: Int
    /// The labels' names, when the checkpoint has any.
    public var labels: [String]?
    /// What the labels say together; a single one is a number when nil.
    public var outputKind: OutputKind?
  }

  /// A layer norm: weight and bias [width].
  struct Norm: Sendable {
    var weight: Tensor
    var bias: Tensor
    let epsilon: Float

    func callAsFunction(_ rows: Tensor) -> Tensor {
      rows.layerNorm(weight, bias: bias, epsilon: epsilon)
    }
  }

  struct Layer: Sendable {
    var query: LinearMap  // attention.self.query
    var key: LinearMap  // attention.self.key
    var value: LinearMap  // attention.self.value
    var output: LinearMap  // attention.output.dense
    var attentionNorm: Norm  // attention.output.LayerNorm
    var up: LinearMap  // intermediate.dense
    var down: LinearMap  // output.dense
    var mlpNorm: Norm  // output.LayerNorm
  }

  /// The reader of the last hidden vectors.
  enum Head: Sendable {
    /// The masked-language model's: norm(f(transform)) through the embedding table, or its own.
    case vocabulary(transform: LinearMap, norm: Norm, activation: Activation, decoder: LinearMap)
    /// A classifier's: a linear map, for whole sequences after tanh(dense).
    case labels(dense: LinearMap?, output: LinearMap)
  }

  /// The sizes.
  public let configuration: Configuration
  public let shape: ModelShape
  var words: Weight  // [vocabulary, width]
  var positions: Tensor  // [positions, width]
  var types: Tensor  // [tokenTypes, width]
  var embeddingNorm: Norm
  var blocks: [Layer]
  var pooler: LinearMap?
  var head: Head?
  /// Tells whether the head's decoder is the embedding table.
  let isTied: Bool
  /// The id of the mask, at which a masked-language model's output is read.
  var maskToken: Int?

  init(
    _ configuration: Configuration, words: Weight, positions: Tensor, types: Tensor,
    embeddingNorm: Norm, blocks: [Layer], pooler: LinearMap?, head: Head?, isTied: Bool
  ) {
    let c = configuration
    self.configuration = c
    (self.words, self.positions, self.types) = (words, positions, types)
    (self.embeddingNorm, self.blocks) = (embeddingNorm, blocks)
    (self.pooler, self.head, self.isTied) = (pooler, head, isTied)
    var shape = ModelShape(
      name: c.family.rawValue, layers: c.layers, width: c.width, vocabulary: c.vocabulary,
      outputs: 0, isCausal: false, maximumLength: c.positions - c.firstPosition)
    switch head {
    case .vocabulary(_, _, _, let decoder): shape.outputs = decoder.weight.rows
    case .labels(_, let output):
      shape.outputs = output.weight.rows
      shape.labels = c.labels ?? (0..<shape.outputs).map { "LABEL_\($0)" }
      shape.outputKind = c.outputKind ?? (shape.outputs == 1 ? .number : .exclusive)
    case nil: break
    }
    self.shape = shape
  }

  /// The first position; for a masked-language model that of the first mask, or the last one when
  /// the input has none.
  public func outputPosition(of input: ModelInput) -> Int {
    guard case .vocabulary = head else { return 0 }
    return maskToken.flatMap { input.tokenIDs?.firstIndex(of: $0) } ?? input.length - 1
  }

  public func dimensions(of component: Component) -> ComponentDimensions? {
    let c = configuration
    return switch component {
    case .attentionValueOutput, .queryOutput, .positionedQueryOutput, .keyOutput,
      .positionedKeyOutput, .valueOutput:
      ComponentDimensions(width: c.width, heads: c.heads)
    case .attentionScores, .attentionWeight:
      ComponentDimensions(width: c.heads, heads: c.heads, isPerPosition: true)
    case .headOutput: ComponentDimensions(width: c.heads * c.width, heads: c.heads)
    case .logits: outputs > 0 ? ComponentDimensions(width: outputs) : nil
    case .upOutput, .mlpActivation, .mlpHidden: ComponentDimensions(width: c.hiddenWidth)
    case .embeddingOutput, .blockInput, .blockOutput, .attentionInput, .attentionOutput,
      .residualMiddle, .mlpInput, .mlpOutput:
      ComponentDimensions(width: c.width)
    default: nil
    }
  }

  public func dimensions(of component: Component, layer: Int) -> ComponentDimensions? {
    component.isPossible(in: layer, of: layers) ? dimensions(of: component) : nil
  }

  public func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    try embed(inputs, positions: positions, .nobody)
  }

  public func embed(
    _ inputs: [ModelInput], positions: [[Int]], _ context: OuterContext
  ) throws -> Tensor {
    let ids = try tokenIDs(inputs, positions: positions, readsTypes: true)
    let typeIDs = try typeIDs(inputs, positions: positions, count: configuration.tokenTypes)
    let places = positions.flatMap { $0.map { $0 + configuration.firstPosition } }
    return embeddingNorm(
      context.visit(.embeddingOutput, words.floats(ids)) + self.positions.gatherRows(places)
        + types.gatherRows(typeIDs))
  }

  public func block(_ index: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    let layer = blocks[index]

    let input = context.visit(.attentionInput, residual)
    let key = context.visit(.keyOutput, layer.key(input))
    let value = context.visit(.valueOutput, layer.value(input))
    let query = context.visit(.queryOutput, layer.query(context.keepingOutputRows(input)))
    let mixed = context.attention(
      query: context.visit(.positionedQueryOutput, query),
      key: context.visit(.positionedKeyOutput, key), value: value,
      headWidth: configuration.width / configuration.heads, causal: false)
    let attended = context.visit(
      .attentionOutput,
      context.projecting(
        context.visit(.attentionValueOutput, mixed), by: layer.output,
        heads: configuration.heads))
    let middle = context.visit(
      .residualMiddle, layer.attentionNorm(context.keepingOutputRows(residual) + attended))

    let raised = context.visit(.upOutput, layer.up(context.visit(.mlpInput, middle)))
      .activated(configuration.activation)
    let hidden = context.visit(.mlpHidden, context.visit(.mlpActivation, raised))
    return layer.mlpNorm(middle + context.visit(.mlpOutput, layer.down(hidden)))
  }

  /// The summary of a sequence: tanh(W h + b) of rows of the last stage [rows, width]; nil without
  /// a pooler.
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

import InterchangeTensors

/// The LLaMA family (arXiv 2302.13971): grouped-query attention with rotary positions, RMS norm, a
/// SwiGLU MLP, and no biases unless the checkpoint has them.
public struct Llama: Architecture {
  /// What a checkpoint says of its shape.
  public struct Configuration: Sendable, Equatable {
    public var vocabulary: Int
    public var width: Int
    public var layers: Int
    public var heads: Int
    public var keyHeads: Int
    public var headWidth: Int
    public var hiddenWidth: Int
    public var normEpsilon: Float
    public var rotaryBase: Double
    /// Divides the rotary frequencies (LLaMA 3.1's scaling): [headWidth / 2].
    public var rotaryFactors: [Double]?
    public var maximumLength: Int
    /// Whether the output head is the embedding table.
    public var tiedEmbeddings: Bool
    /// Whether a position sees only itself and earlier ones, as in every published checkpoint.
    var isCausal = true
  }

  struct Layer: Sendable, ProjectionBlock {
    let attentionNorm: Tensor  // input_layernorm, attn_norm
    var query: LinearMap  // self_attn.q_proj, attn_q
    var key: LinearMap  // self_attn.k_proj, attn_k
    var value: LinearMap  // self_attn.v_proj, attn_v
    var output: LinearMap  // self_attn.o_proj, attn_output
    let mlpNorm: Tensor  // post_attention_layernorm, ffn_norm
    var gate: LinearMap  // mlp.gate_proj, ffn_gate
    var up: LinearMap  // mlp.up_proj, ffn_up
    var down: LinearMap  // mlp.down_proj, ffn_down

    static func place(of projection: Projection) -> WritableKeyPath<Layer, LinearMap>? {
      switch projection {
      case .query: \.query
      case .key: \.key
      case .value: \.value
      case .output: \.output
      case .gate: \.gate
      case .up: \.up
      case .down: \.down
      }
    }
  }

  public let configuration: Configuration
  let embeddings: Weight  // [vocabulary, width]
  private(set) var blocks: [Layer]
  let finalNorm: Tensor
  let head: LinearMap
  let rotary: RotaryEmbedding

  init(
    _ configuration: Configuration, embeddings: Weight, blocks: [Layer], finalNorm: Tensor,
    head: LinearMap
  ) {
    self.configuration = configuration
    (self.embeddings, self.blocks, self.finalNorm, self.head) = (
      embeddings, blocks, finalNorm, head
    )
    rotary = RotaryEmbedding(
      headWidth: configuration.headWidth, base: configuration.rotaryBase,
      frequencyFactors: configuration.rotaryFactors)
  }

  public var name: String { "llama" }
  public var layers: Int { configuration.layers }
  public var width: Int { configuration.width }
  public var vocabulary: Int { configuration.vocabulary }
  public var outputs: Int { configuration.vocabulary }
  public var isCausal: Bool { configuration.isCausal }
  public var maximumLength: Int { configuration.maximumLength }

  public func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor {
    let normed = residual.rmsNorm(finalNorm, epsilon: configuration.normEpsilon)
    return head.bias == nil
      ? normed.linearCrossEntropy(head.weight, targets: targets)
      : head(normed).crossEntropy(targets)
  }

  public func blockCost(
    _ index: Int, keyRows: Int, outputRows: Int, pairs: Int
  ) -> RunCost {
    let layer = blocks[index]
    let mixing = 4 * Double(configuration.heads * configuration.headWidth) * Double(pairs)
    var cost = RunCost(rows: outputRows, operations: mixing, weightBytes: 0)
    for (rows, projections) in [
      (keyRows, [layer.key, layer.value]),
      (outputRows, [layer.query, layer.output, layer.gate, layer.up, layer.down]),
    ] where rows > 0 {
      for projection in projections { cost = cost + projection.weight.cost(rows: rows) }
    }
    return cost
  }

  public func outputCost(rows: Int, outputs: Int) -> RunCost {
    let all = head.weight.cost(rows: rows)
    let share = Double(outputs) / Double(configuration.vocabulary)
    return RunCost(
      rows: 0, operations: all.operations * share, weightBytes: all.weightBytes * share)
  }

  public var parameterCount: Int {
    let perLayer = blocks.reduce(0) { total, layer in
      total + layer.attentionNorm.count + layer.mlpNorm.count
        + layer.projections.reduce(0) { $0 + $1.count }
    }
    return embeddings.count + perLayer + finalNorm.count
      + (configuration.tiedEmbeddings ? 0 : head.weight.count)
  }

  public var weightBytes: Int {
    let perLayer = blocks.reduce(0) { total, layer in
      total + 4 * (layer.attentionNorm.count + layer.mlpNorm.count)
        + layer.projections.reduce(0) { $0 + $1.byteCount }
    }
    return embeddings.byteCount + perLayer + 4 * finalNorm.count
      + (configuration.tiedEmbeddings ? 0 : head.weight.byteCount)
  }

  /// Both norms' inputs, queries, keys and values, the gate and the up projection.
  public var recordedWidth: Int {
    let c = configuration
    return 2 * c.width + (c.heads + 2 * c.keyHeads) * c.headWidth + 2 * c.hiddenWidth
  }

  public func dimensions(of component: Component) -> ComponentDimensions? {
    let c = configuration
    return switch component {
    case .attentionValueOutput, .queryOutput:
      ComponentDimensions(width: c.heads * c.headWidth, heads: c.heads)
    case .keyOutput, .positionedKeyOutput, .valueOutput:
      ComponentDimensions(width: c.keyHeads * c.headWidth, heads: c.keyHeads)
    case .gateOutput, .upOutput, .mlpActivation, .mlpHidden:
      ComponentDimensions(width: c.hiddenWidth)
    default: ComponentDimensions(width: c.width)
    }
  }

  public func hasBias(_ projection: Projection) -> Bool { blocks.haveBias(projection) }

  public func weight(of projection: Projection, layer: Int) -> Tensor? {
    blocks[layer][projection]?.weight.floats()
  }

  public func adding(_ changes: [WeightChange]) -> Llama? {
    var changed = self
    changed.blocks = blocks.adding(changes)
    return changed
  }

  public func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    var ids: [Int] = []
    for (input, positions) in zip(inputs, positions) {
      guard case .tokens(let tokens) = input else {
        throw ModelError.invalidInput(expected: "token ids", found: input.kind)
      }
      ids += positions.map { tokens[$0] }
    }
    if let id = ids.first(where: { $0 < 0 || $0 >= configuration.vocabulary }) {
      throw ModelError.invalidInput(
        expected: "token ids below \(configuration.vocabulary)", found: "id \(id)")
    }
    return embeddings.floats(ids)
  }

  public func block(_ index: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    let layer = blocks[index]
    let epsilon = configuration.normEpsilon

    let input = context.visit(
      .attentionInput, residual.rmsNorm(layer.attentionNorm, epsilon: epsilon))
    let key = context.visit(.keyOutput, layer.key(input))
    let value = context.visit(.valueOutput, layer.value(input))
    let query = context.visit(.queryOutput, layer.query(context.keepingOutputRows(input)))
    let mixed = context.attention(
      query: query.rotated(by: context.queryAngles(rotary)),
      key: context.visit(.positionedKeyOutput, key.rotated(by: context.keyAngles(rotary))),
      value: value,
      headWidth: configuration.headWidth, causal: configuration.isCausal)
    let attended = context.visit(
      .attentionOutput, layer.output(context.visit(.attentionValueOutput, mixed)))
    let middle = context.visit(.residualMiddle, context.keepingOutputRows(residual) + attended)

    let mlpInput = context.visit(.mlpInput, middle.rmsNorm(layer.mlpNorm, epsilon: epsilon))
    let hidden = gated(
      gate: context.visit(.gateOutput, layer.gate(mlpInput)),
      up: context.visit(.upOutput, layer.up(mlpInput)), context)
    return middle
      + context.visit(.mlpOutput, layer.down(context.visit(.mlpHidden, hidden)))
  }

  private func gated(gate: Tensor, up: Tensor, _ context: BlockContext) -> Tensor {
    guard context.isVisited(.mlpActivation) else { return .swiglu(gate: gate, up: up) }
    return context.visit(.mlpActivation, gate.activated(.silu)) * up
  }

  public func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    let normed = residual.rmsNorm(finalNorm, epsilon: configuration.normEpsilon)
    return outputs.map { head.selecting($0)(normed) } ?? head(normed)
  }
}

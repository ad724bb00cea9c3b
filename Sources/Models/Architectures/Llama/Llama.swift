import InterchangeBasics
import InterchangeTensors

/// The LLaMA family (arXiv 2302.13971): grouped-query attention with rotary positions, RMS norm, a
/// SwiGLU MLP, and no biases unless the checkpoint has them.
public struct Llama: Architecture {
  /// The sizes that a checkpoint states.
  public struct Configuration: Sendable, Equatable {
    /// The rows of the embedding table.
    public var vocabulary: Int
    /// The width of the residual stream.
    public var width: Int
    /// The number of blocks.
    public var layers: Int
    /// The number of query heads.
    public var heads: Int
    /// The number of key and value heads.
    public var keyHeads: Int
    /// The width of a head.
    public var headWidth: Int
    /// The width of the MLP's hidden vector.
    public var hiddenWidth: Int
    /// The number that the norms add to the mean square.
    public var normEpsilon: Float
    /// The base of the rotary frequencies.
    public var rotaryBase: Double
    /// The divisors of the rotary frequencies (LLaMA 3.1's scaling): [headWidth / 2].
    public var rotaryFactors: [Double]?
    /// The length of the longest sequence that it reads.
    public var maximumLength: Int
    /// Tells whether the output head is the embedding table.
    public var tiedEmbeddings: Bool
    /// Tells whether the attention's projections have biases; nil: where the file has them.
    public var attentionBias: Bool?
    /// Tells whether the MLP's projections have biases; nil: where the file has them.
    public var mlpBias: Bool?
    /// Tells whether a position sees only itself and earlier ones: so in every checkpoint.
    var isCausal = true
  }

  struct Layer: Sendable {
    var attentionNorm: Tensor  // input_layernorm, attn_norm
    var query: LinearMap  // self_attn.q_proj, attn_q
    var key: LinearMap  // self_attn.k_proj, attn_k
    var value: LinearMap  // self_attn.v_proj, attn_v
    var output: LinearMap  // self_attn.o_proj, attn_output
    var mlpNorm: Tensor  // post_attention_layernorm, ffn_norm
    var gate: LinearMap  // mlp.gate_proj, ffn_gate
    var up: LinearMap  // mlp.up_proj, ffn_up
    var down: LinearMap  // mlp.down_proj, ffn_down
  }

  /// The sizes.
  public let configuration: Configuration
  public let shape: ModelShape
  var embeddings: Weight  // [vocabulary, width]
  var blocks: [Layer]
  var finalNorm: Tensor
  var head: LinearMap
  let rotary: RotaryEmbedding

  init(
    _ configuration: Configuration, embeddings: Weight, blocks: [Layer], finalNorm: Tensor,
    head: LinearMap
  ) {
    let c = configuration
    self.configuration = c
    (self.embeddings, self.blocks, self.finalNorm, self.head) = (
      embeddings, blocks, finalNorm, head
    )
    shape = ModelShape(
      name: "llama", layers: c.layers, width: c.width, vocabulary: c.vocabulary,
      outputs: c.vocabulary, isCausal: c.isCausal, maximumLength: c.maximumLength)
    rotary = RotaryEmbedding(
      headWidth: c.headWidth, base: c.rotaryBase, frequencyFactors: c.rotaryFactors)
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
    case .blockInput, .blockOutput, .attentionInput, .attentionOutput, .residualMiddle, .mlpInput,
      .mlpOutput:
      ComponentDimensions(width: c.width)
    }
  }

  public func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    embeddings.floats(try tokenIDs(inputs, positions: positions))
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

  public func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor {
    let normed = residual.rmsNorm(finalNorm, epsilon: configuration.normEpsilon)
    return head.bias == nil
      ? normed.linearCrossEntropy(head.weight, targets: targets)
      : head(normed).crossEntropy(targets)
  }
}

extension Llama {
  /// The same weights with attention to all positions, as an encoder has it.
  package var bidirectional: Llama {
    var configuration = configuration
    configuration.isCausal = false
    return Llama(
      configuration, embeddings: embeddings, blocks: blocks, finalNorm: finalNorm, head: head)
  }

  /// A model of some size with random weights, heads of 64 and an MLP of 8/3 of the width: for
  /// measurements.
  ///
  /// - Parameter width: a multiple of 64
  public init(width: Int, layers: Int, vocabulary: Int, seed: UInt64) {
    require(
      width > 0 && width % 64 == 0, "Llama(width:): expected a multiple of 64, got \(width)")
    var generator = RandomGenerator(seed: seed)
    func random(_ outputs: Int, _ inputs: Int) -> LinearMap {
      LinearMap(weight: Weight(.normal([outputs, inputs], deviation: 0.02, using: &generator)))
    }
    let ones = Tensor(repeating: 1, shape: [width])
    let configuration = Configuration(
      vocabulary: vocabulary, width: width, layers: layers, heads: width / 64,
      keyHeads: width / 64, headWidth: 64, hiddenWidth: (width * 8 / 3 + 63) / 64 * 64,
      normEpsilon: 1e-5, rotaryBase: 10_000, rotaryFactors: nil, maximumLength: 2048,
      tiedEmbeddings: true)
    let blocks = (0..<layers).map { _ in
      Layer(
        attentionNorm: ones, query: random(width, width), key: random(width, width),
        value: random(width, width), output: random(width, width), mlpNorm: ones,
        gate: random(configuration.hiddenWidth, width),
        up: random(configuration.hiddenWidth, width),
        down: random(width, configuration.hiddenWidth))
    }
    let embeddings = random(vocabulary, width)
    self.init(
      configuration, embeddings: embeddings.weight, blocks: blocks, finalNorm: ones,
      head: embeddings)
  }
}

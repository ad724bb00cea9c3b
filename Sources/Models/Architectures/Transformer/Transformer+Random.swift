import InterchangeBasics
import InterchangeTensors

extension Transformer {
  /// A LLaMA of some size with random weights, heads of 64 and an MLP of 8/3 of the width: for
  /// measurements.
  ///
  /// - Parameter width: a multiple of 64
  public init(width: Int, layers: Int, vocabulary: Int, seed: UInt64) {
    require(
      width > 0 && width % 64 == 0, "Transformer(width:): expected a multiple of 64, got \(width)")
    var generator = RandomGenerator(seed: seed)
    func random(_ outputs: Int, _ inputs: Int) -> LinearMap {
      LinearMap(weight: Weight(.normal([outputs, inputs], deviation: 0.02, using: &generator)))
    }
    var design = TransformerDesign(
      name: "llama", vocabulary: vocabulary, width: width, layers: layers, heads: width / 64,
      hiddenWidth: (width * 8 / 3 + 63) / 64 * 64, maximumLength: 2048)
    design.norm.epsilon = 1e-5
    design.head.isTied = true
    let rotary = RotaryEmbedding(headWidth: 64, base: 10_000)
    design.layerAttention = Array(repeating: LayerAttention(rotary: rotary), count: layers)
    let hidden = design.hiddenWidth
    func norm(_ component: Component?, _ layer: Int? = nil) -> ListedNorm {
      ListedNorm(
        Tensor(repeating: 1, shape: [width]), bias: nil, design.norm,
        WeightSlot(.norm(component), layer: layer))
    }
    let blocks = (0..<layers).map { layer in
      func map(_ projection: Projection, _ outputs: Int, _ inputs: Int) -> ListedMap {
        ListedMap(
          random(outputs, inputs), WeightSlot(projection, layer: layer, names: WeightNames()))
      }
      return TransformerBlock(
        design: design.block, attentionNorm: norm(.attentionInput, layer),
        attention: SelfAttention(
          query: map(.query, width, width), key: map(.key, width, width),
          value: map(.value, width, width), output: map(.output, width, width), rotary: rotary,
          rule: AttentionRule(headWidth: 64, causal: true), clip: nil),
        mlpNorm: norm(.mlpInput, layer),
        mlp: FeedForward(
          gate: map(.gate, hidden, width), up: map(.up, hidden, width),
          down: map(.down, width, hidden), activation: .silu))
    }
    let embeddings = random(vocabulary, width)
    self.init(
      design: design,
      shape: ModelShape(
        name: design.name, layers: layers, width: width, vocabulary: vocabulary,
        outputs: vocabulary, maximumLength: design.maximumLength),
      embeddings: ListedTable(embeddings.weight, WeightSlot(.table)), blocks: blocks,
      finalNorm: norm(nil),
      head: ListedMap(embeddings, WeightSlot(.map, side: .wantedOutputs, isTied: true)))
  }

  /// The same weights with attention to all positions, as an encoder has it.
  package var bidirectional: Transformer {
    var copy = self
    copy.design.isCausal = false
    copy.shape.isCausal = false
    for layer in copy.blocks.indices { copy.blocks[layer].attention.rule.after = nil }
    return copy
  }
}

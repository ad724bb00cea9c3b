import InterchangeBasics
import InterchangeTensors

extension Llama {
  /// The same weights with attention to all positions, as an encoder has it.
  package var bidirectional: Llama {
    var configuration = configuration
    configuration.isCausal = false
    return Llama(
      configuration, embeddings: embeddings, blocks: blocks, finalNorm: finalNorm, head: head)
  }

  /// Weights as transformers initialises them: normal with deviation 0.02, norms 1, biases 0.
  public func randomlyInitialized(seed: UInt64) -> Llama {
    var generator = RandomGenerator(seed: seed)
    func random(_ weight: Weight) -> Weight {
      Weight(.normal([weight.rows, weight.width], deviation: 0.02, using: &generator))
    }
    func random(_ projection: LinearMap) -> LinearMap {
      LinearMap(
        weight: random(projection.weight), bias: projection.bias.map { .zeros($0.shape) })
    }
    func ones(_ tensor: Tensor) -> Tensor { Tensor(repeating: 1, shape: tensor.shape) }
    let embeddings = random(embeddings)
    let blocks = blocks.map { layer in
      Layer(
        attentionNorm: ones(layer.attentionNorm), query: random(layer.query),
        key: random(layer.key), value: random(layer.value), output: random(layer.output),
        mlpNorm: ones(layer.mlpNorm), gate: random(layer.gate), up: random(layer.up),
        down: random(layer.down))
    }
    return Llama(
      configuration, embeddings: embeddings, blocks: blocks, finalNorm: ones(finalNorm),
      head: configuration.tiedEmbeddings ? LinearMap(weight: embeddings) : random(head))
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

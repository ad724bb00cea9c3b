import InterchangeBasics
import InterchangeTensors

extension Bert {
  /// Weights as transformers initialises them: normal with deviation 0.02, norms 1, biases 0.
  public func randomlyInitialized(seed: UInt64) -> Bert {
    var generator = RandomGenerator(seed: seed)
    func random(_ shape: [Int]) -> Tensor {
      .normal(shape, deviation: 0.02, using: &generator)
    }
    func random(_ projection: LinearMap) -> LinearMap {
      LinearMap(
        weight: Weight(random([projection.weight.rows, projection.weight.width])),
        bias: projection.bias.map { .zeros($0.shape) })
    }
    func plain(_ norm: Norm) -> Norm {
      Norm(
        weight: Tensor(repeating: 1, shape: norm.weight.shape), bias: .zeros(norm.bias.shape),
        epsilon: norm.epsilon)
    }
    let words = Weight(random([words.rows, words.width]))
    let blocks = blocks.map { layer in
      Layer(
        query: random(layer.query), key: random(layer.key), value: random(layer.value),
        output: random(layer.output), attentionNorm: plain(layer.attentionNorm),
        up: random(layer.up), down: random(layer.down), mlpNorm: plain(layer.mlpNorm))
    }
    let pooler = pooler.map { random($0) }
    let head: Head? =
      switch head {
      case .vocabulary(let transform, let norm, let activation, let decoder):
        .vocabulary(
          transform: random(transform), norm: plain(norm), activation: activation,
          decoder: isTied
            ? LinearMap(weight: words, bias: decoder.bias.map { .zeros($0.shape) })
            : random(decoder))
      case .labels(let dense, let output):
        .labels(
          dense: readsPooler ? pooler : dense.map { random($0) }, output: random(output))
      case nil: nil
      }
    var result = Bert(
      configuration, words: words, positions: random(positions.shape),
      types: random(types.shape), embeddingNorm: plain(embeddingNorm), blocks: blocks,
      pooler: pooler, head: head, isTied: isTied)
    result.maskToken = maskToken
    return result
  }
}

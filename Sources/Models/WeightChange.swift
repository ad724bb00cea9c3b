import Tensors

/// Something to be added to a projection's weight.
public struct WeightChange {
  public let layer: Int
  public let projection: Projection
  /// [outputs, inputs]
  public let change: Tensor

  public init(layer: Int, projection: Projection, change: Tensor) {
    (self.layer, self.projection, self.change) = (layer, projection, change)
  }
}

extension LanguageModel {
  /// The same model with changed weights, the changed ones in float32; this one stays as it is.
  ///
  /// - Throws: ``ModelError`` for a layer, projection or shape that the model doesn't have.
  public func adding(_ changes: [WeightChange]) throws -> LanguageModel {
    for change in changes {
      let (layer, projection) = (change.layer, change.projection)
      let expected = [
        try model.width(of: Site(projection.component, layer: layer)),
        try model.width(of: Site(projection.input, layer: layer)),
      ]
      guard change.change.shape == expected else {
        throw ModelError.shapeMismatch(
          path: url.path, tensor: "\(projection.rawValue) of layer \(layer)", expected: expected,
          found: change.change.shape)
      }
    }
    guard let changed = model.architecture.adding(changes) else {
      throw ModelError.unknownArchitecture(
        path: url.path, found: model.architecture.name, known: ["llama"])
    }
    return try LanguageModel(changed, tokenizer: tokenizer, url: url)
  }
}

extension Llama {
  public func weight(of projection: Projection, layer: Int) -> Tensor? {
    blocks[layer][projection].weight.floats()
  }

  public func adding(_ changes: [WeightChange]) -> Llama? {
    var blocks = blocks
    for change in changes {
      let projection = blocks[change.layer][change.projection]
      blocks[change.layer][change.projection] = LinearMap(
        weight: Weight((projection.weight.floats() + change.change).detached),
        bias: projection.bias)
    }
    return Llama(
      configuration, embeddings: embeddings, blocks: blocks, finalNorm: finalNorm, head: head)
  }
}

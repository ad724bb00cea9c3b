import FoundationEssentials
import InterchangeTensors

/// Something to be added to a projection's weight.
public struct WeightChange {
  public let layer: Int
  public let projection: Projection
  /// [outputs, inputs]
  public let shape: [Int]
  private let make: () -> Tensor

  /// - Parameters:
  ///   - shape: [outputs, inputs]
  ///   - make: gives the change, each time that it is asked for: a low-rank one is small until then
  public init(
    layer: Int, projection: Projection, shape: [Int], make: @escaping () -> Tensor
  ) {
    (self.layer, self.projection, self.shape, self.make) = (layer, projection, shape, make)
  }

  /// What is added: [outputs, inputs].
  public var change: Tensor { make() }
}

extension LanguageModel {
  /// The same model with changed weights, the changed ones in float32; this one stays as it is.
  ///
  /// - Throws: ``ModelError`` for a layer, projection or shape that the model doesn't have, and for
  ///   an architecture that doesn't list its weights.
  public func adding(_ changes: [WeightChange]) throws -> LanguageModel {
    try requireFitting(changes)
    let changed = try model.architecture.inventory().adding(changes)
    return try LanguageModel(changed, tokenizer: tokenizer, url: url, isAsRead: false)
  }

  /// - Throws: ``ModelError`` for a layer, projection or shape that the model doesn't have.
  func requireFitting(_ changes: [WeightChange]) throws {
    for change in changes {
      let (layer, projection) = (change.layer, change.projection)
      let expected = [
        try model.width(of: Site(projection.component, layer: layer)),
        try model.width(of: Site(projection.input, layer: layer)),
      ]
      guard change.shape == expected else {
        throw ModelError.shapeMismatch(
          path: url.path, tensor: "\(projection.rawValue) of layer \(layer)", expected: expected,
          found: change.shape)
      }
    }
  }
}

import FoundationEssentials
import InterchangeTensors

/// An addition to a projection's weight.
public struct WeightChange {
  /// The block.
  public let layer: Int
  /// The projection of the block.
  public let projection: Projection
  /// The shape of the weight: [outputs, inputs].
  public let shape: [Int]
  private let make: () -> Tensor

  /// A change of one projection's weight.
  ///
  /// - Parameters:
  ///   - shape: [outputs, inputs]
  ///   - make: gives the change, each time that it is asked for: a low-rank one is small until then
  public init(
    layer: Int, projection: Projection, shape: [Int], make: @escaping () -> Tensor
  ) {
    (self.layer, self.projection, self.shape, self.make) = (layer, projection, shape, make)
  }

  /// The addition: [outputs, inputs].
  public var change: Tensor { make() }
}

extension LanguageModel {
  /// The same model with changed weights, the changed ones in float32; this one stays as it is.
  ///
  /// - Throws: ``ModelError`` for a layer, projection or shape that the model doesn't have, and for
  ///   an architecture that doesn't list its weights.
  public func adding(_ changes: [WeightChange]) throws -> LanguageModel {
    try requireFitting(changes)
    return try replacing(architecture.inventory().adding(changes))
  }

  /// - Throws: ``ModelError`` for a layer, projection or shape that the model doesn't have.
  func requireFitting(_ changes: [WeightChange]) throws {
    for change in changes {
      let (layer, projection) = (change.layer, change.projection)
      let expected = [
        try width(of: Site(projection.component, layer: layer)),
        try width(of: Site(projection.input, layer: layer)),
      ]
      guard change.shape == expected else {
        throw ModelError.shapeMismatch(
          path: url.path, tensor: "\(projection.rawValue) of layer \(layer)", expected: expected,
          found: change.shape)
      }
      try requireOwnWeight(of: projection, layer)
    }
  }

  /// Refuses a change of one layer's weight where others have it too, or where it makes more than
  /// the projection.
  ///
  /// - Throws: ``ModelError/sharedWeight(projection:layer:layers:)``,
  ///   ``ModelError/weightMakesMore(projection:layer:what:)``.
  private func requireOwnWeight(of projection: Projection, _ layer: Int) throws {
    let shared = architecture.listedWeights.first {
      $0.kind == .projection(projection) && $0.isIn(layer) && $0.uses > 1
    }
    if let shared {
      throw ModelError.sharedWeight(
        projection: projection.rawValue, layer: layer, layers: shared.uses)
    }
    if let other = architecture.otherRows(of: projection, layer: layer) {
      throw ModelError.weightMakesMore(
        projection: projection.rawValue, layer: layer, what: other)
    }
  }
}

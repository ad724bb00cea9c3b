import InterchangeTensors

/// A block whose linear maps go by the names of projections.
protocol ProjectionBlock {
  /// Where a projection is; nil for one that such blocks don't have.
  static func place(of projection: Projection) -> WritableKeyPath<Self, LinearMap>?
}

extension ProjectionBlock {
  subscript(projection: Projection) -> LinearMap? {
    Self.place(of: projection).map { self[keyPath: $0] }
  }

  var projections: [LinearMap] { Projection.allCases.compactMap { self[$0] } }
}

extension Array where Element: ProjectionBlock {
  func haveBias(_ projection: Projection) -> Bool {
    contains { $0[projection]?.bias != nil }
  }

  /// The blocks with changes of weights that they have.
  func adding(_ changes: [WeightChange]) -> [Element] {
    changes.reduce(into: self) { blocks, change in
      guard let place = Element.place(of: change.projection) else { return }
      let map = blocks[change.layer][keyPath: place]
      blocks[change.layer][keyPath: place] = LinearMap(
        weight: Weight((map.weight.floats() + change.change).detached), bias: map.bias)
    }
  }
}

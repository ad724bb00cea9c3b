import InterchangeTensors

/// The step between the last rows and the head's own map.
public struct HeadTransform: Sendable {
  /// The non-linearity after its map.
  public var activation: Activation
  /// The norm after that; nil without one.
  public var norm: NormDesign?
  /// Tells whether its map has a bias; nil: where the file has one.
  public var hasBias: Bool? = true

  /// A map, a non-linearity, and a norm where there is one.
  public init(_ activation: Activation, norm: NormDesign? = nil) {
    (self.activation, self.norm) = (activation, norm)
  }
}

/// The step between the last rows and a head's own map: a map, a non-linearity, a norm.
struct ListedTransform: Sendable {
  var map: ListedMap
  let activation: Activation
  var norm: ListedNorm?

  func callAsFunction(_ rows: Tensor) -> Tensor {
    let activated = map(rows).activated(activation)
    return norm?(activated) ?? activated
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> ListedTransform {
    ListedTransform(
      map: try map.mapped(by: change), activation: activation,
      norm: try norm?.mapped(by: change))
  }
}

/// The additions of distances to scores, the same in all layers: a table of buckets [buckets,
/// heads], and the bucket of every distance.
struct ListedPositionBias: Sendable {
  var table: ListedTable
  /// Of each place from the farthest before a position to the farthest after it.
  let buckets: [Int]

  /// The additions: [heads, places].
  var bias: PositionBias {
    PositionBias(table.table.floats(buckets).transposed(), .query(buckets.count / 2))
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> ListedPositionBias {
    ListedPositionBias(table: try table.mapped(by: change), buckets: buckets)
  }
}

import InterchangeBasics
import InterchangeTensors

extension WeightInventory {
  /// The same architecture with changes of its weights, whose layers and shapes have been checked;
  /// changes of projections that it doesn't have are left out.
  public func adding(_ changes: [WeightChange]) -> Self {
    mapWeights { slot in
      guard case .projection(let projection) = slot.kind, case .map(let map) = slot.value else {
        return slot.value
      }
      let own = changes.filter { $0.projection == projection && $0.layer == slot.layer }
      return .map(
        own.reduce(map) { map, change in
          LinearMap(
            weight: Weight((map.weight.floats() + change.change).detached), bias: map.bias)
        })
    }
  }

  /// The same architecture with random weights, as it would be initialized before training:
  /// matrices and tables normal with the deviation of their slot, norms 1, biases 0.
  public func randomlyInitialized(seed: UInt64) -> Self {
    var generator = RandomGenerator(seed: seed)
    return mapWeights { $0.randomValue(using: &generator) }
  }
}

extension Architecture {
  /// The same architecture with random weights, as it would be initialized before training.
  ///
  /// - Throws: ``ModelError/unlistedWeights(architecture:)`` without a ``WeightInventory``.
  public func randomlyInitialized(seed: UInt64) throws -> any Architecture {
    try inventory().randomlyInitialized(seed: seed)
  }

  /// This architecture as one that lists its weights.
  ///
  /// - Throws: ``ModelError/unlistedWeights(architecture:)`` when it doesn't.
  func inventory() throws -> any WeightInventory {
    guard let inventory = self as? any WeightInventory else {
      throw ModelError.unlistedWeights(architecture: name)
    }
    return inventory
  }
}

extension WeightSlot {
  fileprivate func randomValue(using generator: inout RandomGenerator) -> Value {
    func random(_ shape: [Int]) -> Tensor {
      .normal(shape, deviation: deviation, using: &generator)
    }
    func random(_ weight: Weight) -> Weight { Weight(random([weight.rows, weight.width])) }
    switch value {
    case .map(let map):
      return .map(
        LinearMap(
          weight: isTied ? map.weight : random(map.weight), bias: map.bias.map { .zeros($0.shape) })
      )
    case .table(let table): return .table(random(table))
    case .tensor(let table): return .tensor(random(table.shape))
    case .norm(let weight, let bias):
      return .norm(
        weight: Tensor(repeating: 1, shape: weight.shape), bias: bias.map { .zeros($0.shape) })
    }
  }
}

import InterchangeCheckpoints
import InterchangeTensors

/// Reads the weights of an architecture, each checked against the shape that the configuration says.
///
/// All throw `CheckpointError` for a missing tensor, ``ModelError`` for one of another shape.
struct CheckpointReader {
  let checkpoint: any Checkpoint
  let form: WeightForm

  func contains(_ name: String) -> Bool { checkpoint.contains(name) }

  func stored(_ name: String, _ shape: [Int]) throws -> StoredTensor {
    let stored = try checkpoint.tensor(named: name)
    guard stored.shape == shape else {
      throw ModelError.shapeMismatch(
        path: checkpoint.path, tensor: name, expected: shape, found: stored.shape)
    }
    return stored
  }

  func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    try stored(name, shape).floats()
  }

  /// The tensor `name.weight` [outputs, inputs].
  func weight(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Weight {
    let stored = try stored(name + ".weight", [outputs, inputs])
    return form == .stored ? stored.weight() : Weight(stored.floats())
  }

  /// The tensor `name.weight` [outputs, inputs] with `name.bias` where there is one.
  func projection(_ name: String, _ outputs: Int, _ inputs: Int) throws -> LinearMap {
    LinearMap(
      weight: try weight(name, outputs, inputs),
      bias: contains(name + ".bias") ? try tensor(name + ".bias", [outputs]) : nil)
  }
}

/// Checks the numbers of a configuration against what a model can have.
///
/// All throw ``ModelError/invalidConfiguration(path:field:expected:found:)``.
struct ConfigurationCheck {
  let path: String

  func callAsFunction(
    _ holds: Bool, _ field: String, _ expected: String, _ found: some Any
  ) throws {
    if !holds {
      throw ModelError.invalidConfiguration(
        path: path, field: field, expected: expected, found: "\(found)")
    }
  }

  /// A size that may be multiplied with another without an overflow.
  func size(_ value: Int, _ field: String) throws {
    let limit = 1 << 24
    try self((1...limit).contains(value), field, "1 to \(limit)", value)
  }
}

import InterchangeCheckpoints
import InterchangeTensors

/// Reads the weights of an architecture, each checked against the shape that the configuration
/// says.
///
/// All methods throw `CheckpointError` for a missing tensor, ``ModelError`` for one of another
/// shape.
public struct CheckpointReader {
  /// The tensors.
  public let checkpoint: any Checkpoint
  /// The form in which weights are to be held.
  public let form: WeightForm

  /// A reader of a checkpoint's tensors.
  public init(_ checkpoint: any Checkpoint, form: WeightForm) {
    (self.checkpoint, self.form) = (checkpoint, form)
  }

  /// Tells whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { checkpoint.contains(name) }

  /// The tensor of this name as it is stored.
  public func stored(_ name: String, _ shape: [Int]) throws -> StoredTensor {
    let stored = try checkpoint.tensor(named: name)
    guard stored.shape == shape else {
      throw ModelError.shapeMismatch(
        path: checkpoint.path, tensor: name, expected: shape, found: stored.shape)
    }
    guard !stored.elementType.isInteger else {
      throw ModelError.integerWeights(
        path: checkpoint.path, tensor: name, type: "\(stored.elementType)")
    }
    return stored
  }

  /// The tensor of this name, widened.
  public func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    try stored(name, shape).floats()
  }

  /// The tensor `name.weight` [outputs, inputs].
  public func weight(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Weight {
    let stored = try stored(name + ".weight", [outputs, inputs])
    return form == .stored ? stored.weight() : Weight(stored.floats())
  }

  /// The tensor `name.weight` [outputs, inputs] with `name.bias`.
  ///
  /// - Parameter bias: tells whether there has to be a bias; nil: one where the file has it
  public func projection(
    _ name: String, _ outputs: Int, _ inputs: Int, bias: Bool? = nil
  ) throws -> LinearMap {
    LinearMap(
      weight: try weight(name, outputs, inputs),
      bias: bias ?? contains(name + ".bias") ? try tensor(name + ".bias", [outputs]) : nil)
  }
}

/// Checks the numbers of a configuration against what a model can have.
///
/// All methods throw ``ModelError/invalidConfiguration(path:field:expected:found:)``.
public struct ConfigurationCheck {
  /// The file, as errors name it.
  public let path: String

  /// A check of the numbers in a file.
  public init(path: String) { self.path = path }

  /// Checks that something holds for a field.
  public func callAsFunction(
    _ holds: Bool, _ field: String, _ expected: String, _ found: some Any
  ) throws {
    if !holds {
      throw ModelError.invalidConfiguration(
        path: path, field: field, expected: expected, found: "\(found)")
    }
  }

  /// Checks a size, which may then be multiplied with another without an overflow.
  public func size(_ value: Int, _ field: String) throws {
    let limit = 1 << 24
    try self((1...limit).contains(value), field, "1 to \(limit)", value)
  }
}

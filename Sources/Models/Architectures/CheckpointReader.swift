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
  ///
  /// - Parameter stack: the number of matrices that it is a stack of; nil for one
  public func weight(
    _ name: String, _ outputs: Int, _ inputs: Int, stack: Int? = nil
  ) throws -> Weight {
    let stored = try stored(
      name + ".weight", stack.map { [$0, outputs / $0, inputs] } ?? [outputs, inputs])
    return form == .stored
      ? stored.weight() : Weight(stored.floats().reshaped([outputs, inputs]))
  }

  /// The number of rows of the tensor of this name; 0 for a scalar.
  public func rows(of name: String) throws -> Int {
    try checkpoint.tensor(named: name).shape.first ?? 0
  }

  /// The tensor `name.weight` [outputs, inputs] with `name.bias`, or a part of a tensor with more.
  ///
  /// - Parameters:
  ///   - part: the part that is the weight; nil for all of it, as it stands
  ///   - bias: tells whether there has to be a bias; nil: one where the file has it
  public func projection(
    _ name: String, _ outputs: Int, _ inputs: Int, part: TensorPart? = nil, bias: Bool? = nil
  ) throws -> LinearMap {
    let rows = part?.total ?? outputs
    let hasBias = bias ?? contains(name + ".bias")
    let whole = LinearMap(
      weight: part?.isTransposed == true
        ? try transposedWeight(name, rows, inputs)
        : try weight(name, rows, inputs, stack: part?.stack),
      bias: hasBias ? try tensor(name + ".bias", [rows]) : nil)
    guard let chosen = part?.rows else { return whole }
    let selected = whole.selecting(chosen)
    return form == .stored
      ? selected : LinearMap(weight: Weight(selected.weight.floats()), bias: selected.bias)
  }

  /// The tensor `name.weight`, which stands as [inputs, outputs], as [outputs, inputs].
  private func transposedWeight(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Weight {
    Weight(try stored(name + ".weight", [inputs, outputs]).floats().transposed())
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

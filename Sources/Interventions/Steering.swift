import InterchangeTensors

/// A steering vector: h + c·v with a fixed direction v (activation addition, arXiv 2308.10248).
public final class Steering: VectorAddition {
  /// v: [d]
  public let vector: Tensor
  /// c: [1]
  public let coefficient: Parameter
  /// True when training changes c.
  public var isTrained: Bool

  /// - Parameter vector: [d]
  public init(_ vector: Tensor, coefficient: Float = 1, isTrained: Bool = false) {
    self.vector = vector.detached.reshaped([vector.count])
    self.coefficient = Parameter("coefficient", Tensor([coefficient], shape: [1]))
    self.isTrained = isTrained
  }

  /// The vector from the mean of one set of rows [n, d] to that of another.
  ///
  /// - Throws: ``InterventionError/tooFewRows(rows:needed:)`` for an empty set.
  public static func differenceOfMeans(from a: Tensor, to b: Tensor) throws -> Tensor {
    for rows in [a, b] where rows.rows < 1 {
      throw InterventionError.tooFewRows(rows: rows.rows, needed: 0)
    }
    return ((1 / Float(b.rows)) * b.columnSums() - (1 / Float(a.rows)) * a.columnSums()).detached
  }

  /// The first principal component of paired differences b − a [n, d], uncentered as in
  /// representation engineering (arXiv 2310.01405), as long as the mean difference along it, and of
  /// its sign.
  ///
  /// - Throws: ``InterventionError/tooFewRows(rows:needed:)`` for no pairs.
  public static func principalDifference(from a: Tensor, to b: Tensor) throws -> Tensor {
    guard a.rows >= 1 && a.shape == b.shape else {
      throw InterventionError.tooFewRows(rows: min(a.rows, b.rows), needed: max(a.rows, b.rows) - 1)
    }
    let differences = (b - a).detached
    let direction = try differences.svd().right.rowSlice(0..<1)
    let along = differences.linear(direction).sum().scalar / Float(a.rows)
    return (along * direction).detached.reshaped([a.width])
  }

  public var name: String { "steering" }
  public var parameters: [Parameter] { isTrained ? [coefficient] : [] }
  public var width: Int { vector.count }
  /// c·v: [d]
  public var scaledVector: Tensor { (coefficient.value.elements[0] * vector).detached }
  /// c·v: [d]
  public var addedVector: Tensor? { scaledVector }

  public func scale(by factor: Float) { coefficient.value = factor * coefficient.value }

  /// c·v in every row.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    let row = vector.reshaped([1, vector.count])
    let ones = Tensor(repeating: 1, shape: [base.rows, 1])
    let scale = isTrained ? coefficient.tensor : coefficient.value
    return ones.matrixProduct(scale.reshaped([1, 1])).matrixProduct(row)
  }
}

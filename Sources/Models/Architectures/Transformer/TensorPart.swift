import InterchangeBasics
import InterchangeTensors

/// The part of a file's tensor that is a weight, and the form in which it stands there.
public struct TensorPart: Sendable, Equatable {
  /// The rows that are the weight's, in its order; nil for all.
  public var rows: [Int]?
  /// The number of rows of the tensor; nil where all are the weight's.
  public var total: Int?
  /// The number of matrices of equal size that the tensor is a stack of; nil for one.
  public var stack: Int?
  /// Tells whether the tensor stands as [inputs, outputs]: a row here is a column there.
  public var isTransposed = false

  /// All of a tensor.
  public init() {}

  /// Some of a tensor's rows.
  public init(rows: [Int], of total: Int) { (self.rows, self.total) = (rows, total) }

  /// One of several matrices in a tensor [matrices, rows, inputs].
  init(_ number: Int, of count: Int, rows: Int) {
    self.init(rows: Array(number * rows..<(number + 1) * rows), of: count * rows)
    stack = count
  }

  /// For each row in the order of halves its place in the order of interleaved pairs.
  static func halvesOrder(heads: Int, headWidth: Int) -> [Int] {
    (0..<heads).flatMap { head in
      (0..<headWidth).map { row in
        let half = headWidth / 2
        return head * headWidth + (row < half ? 2 * row : 2 * (row - half) + 1)
      }
    }
  }

  /// The change of a whole tensor that a change of the weight is.
  ///
  /// - Parameters:
  ///   - change: of the weight: [outputs, inputs]
  ///   - shape: of the tensor
  func placed(_ change: Tensor, in shape: [Int]) -> Tensor {
    var whole = change
    if let rows, let total {
      whole = Tensor.zeros([total, change.width]).replacingRows(rows, with: change)
    }
    return (isTransposed ? whole.transposed() : whole).reshaped(shape)
  }
}

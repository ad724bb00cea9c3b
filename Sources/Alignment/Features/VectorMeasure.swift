import InterchangeBasics
import InterchangeTensors

/// The measure in which vectors are told by an autoencoder in training.
struct VectorMeasure {
  /// c, the geometric median: [width]
  let center: Tensor
  /// s: the mean length from the center, by √width.
  let scale: Float
  /// v: the mean of the squared lengths of what ``normalized(_:)`` gives, about their mean.
  let variance: Double

  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` when all rows are the same.
  init(_ rows: Tensor) throws {
    center = Self.median(of: rows)
    let moved = rows.addingToRows(-1 * center)
    let lengths = moved.rowLengths
    let mean = lengths.reduce(0, +) / Double(rows.rows)
    guard mean > 0 else {
      throw AlignmentError.invalidSetting(
        name: "rows", expected: "vectors that differ", found: "the same vector everywhere")
    }
    scale = Float(mean / Double(rows.width).squareRoot())
    let squares = lengths.reduce(0) { $0 + $1 * $1 } / Double(rows.rows)
    let shift = (1 / Float(rows.rows)) * moved.columnSums()
    variance = (squares - Tensor.dot(shift, shift)) / (Double(scale) * Double(scale))
  }

  /// (h − c) ∕ s: [rows, width].
  func normalized(_ rows: Tensor) -> Tensor { (1 / scale) * rows.addingToRows(-1 * center) }

  /// The point with the least sum of distances, by some of Weiszfeld's steps from the mean.
  static func median(of rows: Tensor) -> Tensor {
    var center = (1 / Float(rows.rows)) * rows.columnSums()
    for _ in 0..<10 {
      let distances = rows.addingToRows(-1 * center).rowLengths
      // A row at the center would have all the weight.
      let least = max(1e-6 * distances.reduce(0, +) / Double(rows.rows), .leastNormalMagnitude)
      let weights = distances.map { 1 / max($0, least) }
      let total = weights.reduce(0, +)
      let row = Tensor(weights.map { Float($0 / total) }, shape: [1, rows.rows])
      center = row.matrixProduct(rows).reshaped([rows.width])
    }
    return center
  }
}

/// The distance from the middle of rows beyond which rows are left out of a training.
struct DistanceBound {
  /// The geometric median: [width]
  private let center: Tensor
  private let limit: Double

  /// - Parameter rows: [rows, width], at least one
  init(_ rows: Tensor) {
    let center = VectorMeasure.median(of: rows)
    let distances = rows.addingToRows(-1 * center).rowLengths
    let limit =
      SparseAutoencoderTraining.farthest * distances.sorted()[distances.count / 2]
    let (kept, width) = (
      rows.gatherRows(distances.indices.filter { distances[$0] <= limit }), rows.width
    )
    let isOneVector = kept.withElements { values in
      values.indices.allSatisfy { values[$0] == values[$0 % width] }
    }
    // Beside many of one vector, the distances of others have no measure.
    (self.center, self.limit) = (center, isOneVector ? .infinity : limit)
  }

  /// The rows that aren't beyond it, in their order.
  func within(_ rows: Tensor) -> Tensor {
    let distances = rows.addingToRows(-1 * center).rowLengths
    let kept = distances.indices.filter { distances[$0] <= limit }
    return kept.count == rows.rows ? rows : rows.gatherRows(kept)
  }
}

extension Tensor {
  /// The Euclidean length of each row.
  var rowLengths: [Double] {
    let width = width
    return withElements { values in
      (0..<rows).map { row in
        values[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }
          .squareRoot()
      }
    }
  }
}

import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeTensors

/// The parts that `torch.nn.utils.parametrizations.orthogonal` keeps of a matrix with orthonormal
/// columns.
///
/// The matrix is B Q. For k < d, Q [d, k] is a product of k Householder reflections, whose vectors
/// lie below the diagonal of X, times the integer parts of X's diagonal, which are signs. For k =
/// d, Q = exp(L − Lᵀ), L the lower triangle of X.
struct OrthogonalParametrization {
  /// X: [d, k]
  let original: Tensor
  /// B: [d, d]
  let base: Tensor

  /// The largest sum of the columns of L − Lᵀ: each doubling costs the exponential a digit in base
  /// two.
  static let largestSum: Float = 256

  /// The parts of given ones.
  init(original: Tensor, base: Tensor) { (self.original, self.base) = (original, base) }

  /// The parts that torch makes of a matrix whose transpose is a frame [k, d]: B begins with its
  /// columns, and X says that Q is the identity's first k columns.
  ///
  /// - Throws: `LinearAlgebraError` when the frame can't be completed to d directions.
  init(of frame: Tensor) throws {
    let (rank, width) = (frame.rows, frame.width)
    var signs = [Float](repeating: 0, count: width * rank)
    for index in 0..<rank { signs[index * rank + index] = -1 }
    original = Tensor(signs, shape: [width, rank])
    let columns = frame.transposed()
    guard rank < width else {
      base = columns
      return
    }
    var generator = RandomGenerator(seed: 0)
    let others = Tensor.normal([width - rank, width], using: &generator)
    let completed = try Tensor.concatenatingRows([frame, others]).transposed().qr().q
    base = completed.replacingColumns(0..<rank, with: columns)
  }

  /// The matrix transposed, a frame of k rows [k, d]; nil when ``largestSum`` is exceeded.
  func frame() -> Tensor? {
    let isSquare = original.rows == original.width
    guard let rows = isSquare ? exponential()?.transposed() : reflections() else { return nil }
    return rows.linear(base)  // Qᵀ Bᵀ
  }

  /// Qᵀ [k, d], where Q = H₁ … Hₖ and Hᵢ = I − τᵢ vᵢ vᵢᵀ, vᵢ = (0, …, 0, 1, X below the diagonal).
  private func reflections() -> Tensor {
    let (height, rank) = (original.rows, original.width)
    let vectors: [[Double]] = (0..<rank).map { index in
      (0..<height).map { row in
        row < index ? 0 : row == index ? 1 : Double(original[row, index])
      }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let scales = vectors.map { 2 / dot($0, $0) }
    let rows = (0..<rank).map { column in
      var row = [Double](repeating: 0, count: height)
      row[column] = 1
      for index in (0..<rank).reversed() {
        let share = scales[index] * dot(vectors[index], row)
        for place in index..<height { row[place] -= share * vectors[index][place] }
      }
      let sign = Double(original[column, column].rounded(.towardZero))
      return row.map { Float(sign * $0) }
    }
    return Tensor(rows: rows)
  }

  /// exp(L − Lᵀ) [d, d], by Taylor's series of a 2⁻ˢ-th part and s squarings.
  private func exponential() -> Tensor? {
    let size = original.rows
    var skew = [Float](repeating: 0, count: size * size)
    for row in 0..<size {
      for column in 0..<row {
        skew[row * size + column] = original[row, column]
        skew[column * size + row] = -original[row, column]
      }
    }
    let sums = (0..<size).map { row in
      (0..<size).reduce(Float(0)) { $0 + abs(skew[row * size + $1]) }
    }
    guard let largest = sums.max(), largest <= Self.largestSum else { return nil }
    let squarings = largest > 0.5 ? Int(log2(largest / 0.5).rounded(.up)) : 0
    let part =
      Float(sign: .plus, exponent: -squarings, significand: 1)
      * Tensor(
        skew, shape: [size, size])
    let identity = Tensor(
      (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }, shape: [size, size])
    // The first term left out is 0.5¹⁰/10!, below float32's precision.
    var result = identity
    for order in (1..<10).reversed() {
      result = identity + (1 / Float(order)) * part.matrixProduct(result)
    }
    for _ in 0..<squarings { result = result.matrixProduct(result) }
    return result
  }
}

import CInterchangeLAPACKE
import Foundation
import InterchangeBasics

extension Tensor {
  /// The eigenvalues of a square matrix [n, n] of any kind, in no order: the real and the imaginary
  /// part of each.
  ///
  /// - Throws: ``LinearAlgebraError`` when an element is not a number or the iteration fails.
  public func eigenvalues() throws -> [(real: Double, imaginary: Double)] {
    let n = rows
    require(width == n, "eigenvalues: expected a square matrix, got \(shape)")
    Parallel.start
    var matrix = elements.map(Double.init)
    guard matrix.allSatisfy(\.isFinite) else {
      throw LinearAlgebraError(
        description: "eigenvalues: an element of a \(shape) matrix is not a finite number")
    }
    var real = [Double](repeating: 0, count: n)
    var imaginary = real
    let none = CChar(UInt8(ascii: "N"))
    let status = LAPACKE_dgeev(
      LAPACK_ROW_MAJOR, none, none, Int32(n), &matrix, Int32(n), &real, &imaginary, nil, 1, nil, 1)
    guard status == 0 else {
      throw LinearAlgebraError(
        description: "eigenvalues: no convergence on a \(shape) matrix (status \(status))")
    }
    return zip(real, imaginary).map { (real: $0, imaginary: $1) }
  }
}

import CInterchangeLAPACKE
import Foundation
import InterchangeBasics

/// A factorization that LAPACK could not compute.
public struct LinearAlgebraError: Error, CustomStringConvertible {
  /// The routine and the reason.
  public let description: String
}

/// LAPACK's one-letter arguments.
private enum Letter {
  static let thin = CChar(UInt8(ascii: "S"))
  static let vectors = CChar(UInt8(ascii: "V"))
  static let upper = CChar(UInt8(ascii: "U"))
  static let lower = CChar(UInt8(ascii: "L"))
}

extension Tensor {
  /// LAPACK's drivers let infinities through and answer with NaN.
  private func checkFinite(_ routine: String) throws {
    guard elements.allSatisfy({ $0.isFinite }) else {
      throw LinearAlgebraError(
        description: "\(routine): an element of a \(shape) matrix is not a finite number")
    }
  }

  private static func check(_ status: Int32, _ routine: String, _ shape: [Int]) throws {
    guard status == 0 else {
      throw LinearAlgebraError(
        description: status < 0
          ? "\(routine): argument \(-status) of a \(shape) matrix is not a number or out of range"
          : "\(routine): no convergence on a \(shape) matrix (status \(status))")
    }
  }

  /// The thin QR factorization of [m, n], m ≥ n: Q [m, n] with orthonormal columns and R [n, n]
  /// upper triangular with a non-negative diagonal, which makes it unique.
  ///
  /// - Throws: ``LinearAlgebraError`` when an element is not a number.
  public func qr() throws -> (q: Tensor, r: Tensor) {
    let (m, n) = (rows, width)
    require(m >= n, "qr: expected at least as many rows as columns, got \(shape)")
    var q = detached
    Parallel.start
    var tau = [Float](repeating: 0, count: n)
    let r = Tensor.zeros([n, n])
    try q.mutateElements { a in
      try Self.check(
        LAPACKE_sgeqrf(LAPACK_ROW_MAJOR, Int32(m), Int32(n), a.baseAddress, Int32(n), &tau), "QR",
        shape)
      for row in 0..<n {
        for column in row..<n { r.pointer[row * n + column] = a[row * n + column] }
      }
      try Self.check(
        LAPACKE_sorgqr(
          LAPACK_ROW_MAJOR, Int32(m), Int32(n), Int32(n), a.baseAddress, Int32(n), &tau), "QR",
        shape)
      for row in 0..<n where r.pointer[row * n + row] < 0 {
        for column in row..<n { r.pointer[row * n + column].negate() }
        for line in 0..<m { a[line * n + row].negate() }
      }
    }
    return (q, r)
  }

  /// The Euclidean norm of all elements.
  public var norm: Double {
    elements.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// The thin singular value decomposition of [m, n], with k = min(m, n): left [m, k], values [k]
  /// falling, right [k, n].
  ///
  /// - Throws: ``LinearAlgebraError`` when an element is not a number or the iteration fails.
  public func svd() throws -> (left: Tensor, values: [Float], right: Tensor) {
    let (m, n) = (rows, width)
    let k = min(m, n)
    Parallel.start
    try checkFinite("SVD")
    var a = detached
    var values = [Float](repeating: 0, count: k)
    let left = Tensor(uninitialized: [m, k])
    let right = Tensor(uninitialized: [k, n])
    try a.mutateElements { a in
      try Self.check(
        LAPACKE_sgesdd(
          LAPACK_ROW_MAJOR, Letter.thin, Int32(m), Int32(n), a.baseAddress, Int32(n), &values,
          left.pointer, Int32(k), right.pointer, Int32(n)), "SVD", shape)
    }
    return (left, values, right)
  }

  /// Eigenvalues, rising, and eigenvectors (as rows [n, n]) of a symmetric [n, n] matrix; only its
  /// upper triangle is read.
  ///
  /// - Throws: ``LinearAlgebraError`` when an element is not a number or the iteration fails.
  public func symmetricEigen() throws -> (values: [Float], vectors: Tensor) {
    let n = rows
    require(width == n, "symmetricEigen: expected a square matrix, got \(shape)")
    Parallel.start
    try checkFinite("symmetric eigendecomposition")
    var a = detached
    var values = [Float](repeating: 0, count: n)
    try a.mutateElements { a in
      try Self.check(
        LAPACKE_ssyevd(
          LAPACK_ROW_MAJOR, Letter.vectors, Letter.upper, Int32(n), a.baseAddress, Int32(n), &values
        ),
        "symmetric eigendecomposition", shape)
    }
    return (values, a.transposed())
  }

  /// The lower Cholesky factor L [n, n] of a symmetric positive definite matrix, L Lᵀ = A.
  ///
  /// - Throws: ``LinearAlgebraError`` when the matrix is not positive definite.
  public func cholesky() throws -> Tensor {
    let n = rows
    require(width == n, "cholesky: expected a square matrix, got \(shape)")
    Parallel.start
    var a = detached
    try a.mutateElements { a in
      let status = LAPACKE_spotrf(LAPACK_ROW_MAJOR, Letter.lower, Int32(n), a.baseAddress, Int32(n))
      guard status <= 0 else {
        throw LinearAlgebraError(
          description: "Cholesky: the \(shape) matrix is not positive definite")
      }
      try Self.check(status, "Cholesky", shape)
      for row in 0..<n { for column in row + 1..<max(row + 1, n) { a[row * n + column] = 0 } }
    }
    return a
  }
}

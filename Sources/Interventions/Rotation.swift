import Foundation
import InterchangeBasics
import InterchangeTensors

/// An orthonormal frame R ∈ ℝ^{k×d}, R Rᵀ = I: the one place where orthogonality lives.
///
/// Its rows span a subspace of hidden vectors. When trained, `AdamW` keeps it on the Stiefel
/// manifold (tangent projection, step, QR retraction), so that ‖RRᵀ − I‖∞ < 1e-5 after any
/// training.
///
/// A rotation can be constrained to lie within a larger subspace S ∈ ℝ^{m×d}: R = Q S, of which
/// only the frame Q ∈ ℝ^{k×m} is trained.
public final class Rotation: @unchecked Sendable {
  /// The trained parameter: R itself, or Q when there is a containing subspace.
  public let parameter: Parameter
  /// The frame S [m, d] that R stays within, if any.
  public let container: Tensor?
  /// True when a gradient passes to ``parameter``.
  public var isTrained: Bool

  private init(coordinates: Tensor, container: Tensor?, isTrained: Bool) {
    parameter = Parameter("rotation", coordinates)
    (self.container, self.isTrained) = (container, isTrained)
  }

  /// A rotation from rows that are orthonormal already: [k, d].
  ///
  /// - Throws: ``InterventionError/notOrthonormal(path:error:)`` when ‖RRᵀ − I‖∞ ≥ 1e-3.
  public convenience init(orthonormal frame: Tensor, isTrained: Bool = true) throws {
    guard frame.rows >= 1 && frame.rows <= frame.width else {
      throw InterventionError.rankOutOfRange(rank: frame.rows, width: frame.width)
    }
    let error = Self.orthonormalityError(frame)
    guard error < 1e-3 else {
      throw InterventionError.notOrthonormal(path: "rotation", error: error)
    }
    self.init(coordinates: frame.detached, container: nil, isTrained: isTrained)
  }

  /// A rotation as it was kept: coordinates [k, m] within a containing frame [m, d], or [k, d]
  /// alone; both are orthonormal.
  package convenience init(restoring coordinates: Tensor, container: Tensor?, isTrained: Bool) {
    self.init(coordinates: coordinates.detached, container: container, isTrained: isTrained)
  }

  /// A random rotation, uniform over all subspaces of that rank.
  ///
  /// - Throws: ``InterventionError/rankOutOfRange(rank:width:)``.
  public static func random(rank: Int, width: Int, seed: UInt64) throws -> Rotation {
    guard (1...max(1, width)).contains(rank) && width > 0 else {
      throw InterventionError.rankOutOfRange(rank: rank, width: width)
    }
    var generator = RandomGenerator(seed: seed)
    let gaussian = Tensor.normal([rank, width], using: &generator)
    return Rotation(
      coordinates: try Stiefel.orthonormalized(gaussian), container: nil, isTrained: true)
  }

  /// The rotation whose rows span the given vectors [k, d], one after the other (Gram–Schmidt by
  /// QR).
  ///
  /// - Throws: ``InterventionError`` when they are dependent or more than d.
  public static func spanning(_ vectors: Tensor) throws -> Rotation {
    guard vectors.rows >= 1 && vectors.rows <= vectors.width else {
      throw InterventionError.rankOutOfRange(rank: vectors.rows, width: vectors.width)
    }
    let (q, r) = try vectors.transposed().qr()
    let diagonal = (0..<vectors.rows).map { abs(r[$0, $0]) }
    guard diagonal.min()! > 1e-6 * max(1e-30, diagonal.max()!) else {
      throw InterventionError.dependentVectors(count: vectors.rows)
    }
    return Rotation(coordinates: q.transposed(), container: nil, isTrained: true)
  }

  /// The first principal components of rows [n, d].
  ///
  /// - Throws: ``InterventionError`` when there are too few rows or the rank exceeds d.
  public static func principalComponents(of rows: Tensor, rank: Int) throws -> Rotation {
    guard (1...max(1, rows.width)).contains(rank) else {
      throw InterventionError.rankOutOfRange(rank: rank, width: rows.width)
    }
    guard rows.rows > rank else {
      throw InterventionError.tooFewRows(rows: rows.rows, needed: rank)
    }
    let mean = (1 / Float(rows.rows)) * rows.columnSums()
    let centred = rows.detached.addingToRows(-1 * mean)
    return Rotation(
      coordinates: try centred.svd().right.rowSlice(0..<rank).copiedRows(), container: nil,
      isTrained: true)
  }

  /// The direction from the mean of one set of rows to that of another: rank 1.
  ///
  /// - Throws: ``InterventionError/dependentVectors(count:)`` when the means coincide,
  ///   ``InterventionError/tooFewRows(rows:needed:)`` for an empty set.
  public static func differenceOfMeans(from a: Tensor, to b: Tensor) throws -> Rotation {
    let difference = try Steering.differenceOfMeans(from: a, to: b)
    return try spanning(difference.reshaped([1, difference.count]))
  }

  /// A random rotation of smaller rank that stays within this one's subspace when trained.
  ///
  /// - Throws: ``InterventionError/rankOutOfRange(rank:width:)`` when `rank` exceeds this rank.
  public func within(rank: Int, seed: UInt64) throws -> Rotation {
    let inner = try Rotation.random(rank: rank, width: self.rank, seed: seed)
    return Rotation(coordinates: inner.parameter.value, container: frame, isTrained: true)
  }

  /// A rotation of the same frame, within the same container, that training doesn't change.
  public var frozen: Rotation { copy(isTrained: false) }

  /// A rotation of the same frame, within the same container, that training changes.
  public var trainable: Rotation { copy(isTrained: true) }

  private func copy(isTrained: Bool) -> Rotation {
    Rotation(coordinates: parameter.value, container: container, isTrained: isTrained)
  }

  /// The first rows as a rotation of their own that training doesn't change.
  public func leading(_ count: Int) -> Rotation {
    require((1...rank).contains(count), "leading: \(count) of \(rank) rows")
    return Rotation(
      coordinates: frame.rowSlice(0..<count).copiedRows(), container: nil, isTrained: false)
  }

  /// The number of rows k.
  public var rank: Int { parameter.value.rows }
  /// The length of a row d.
  public var width: Int { container?.width ?? parameter.value.width }

  /// R [k, d] as an operand; its gradient is recorded when the rotation is trained.
  public var tensor: Tensor {
    let coordinates = isTrained ? parameter.tensor : parameter.value
    return container.map { coordinates.matrixProduct($0) } ?? coordinates
  }

  /// R [k, d] as it is now.
  public var frame: Tensor { tensor.detached }

  /// The parameters that an optimizer has to keep orthonormal: ``parameter`` when trained.
  public var trainedParameters: [Parameter] { isTrained ? [parameter] : [] }

  /// ‖RRᵀ − I‖∞.
  public var orthonormalityError: Float { Self.orthonormalityError(frame) }

  /// ‖RRᵀ − I‖∞ of rows [k, d]; infinite when they aren't numbers.
  package static func orthonormalityError(_ frame: Tensor) -> Float {
    let gram = frame.linear(frame)
    var worst: Float = 0
    for row in 0..<gram.rows {
      for column in 0..<gram.width {
        let error = abs(gram[row, column] - (row == column ? 1 : 0))
        worst = error.isNaN ? .infinity : max(worst, error)
      }
    }
    return worst
  }

  /// The principal angles between two subspaces, rising, in radians.
  ///
  /// Computed from the singular values of A Bᵀ (cosines) and of B − (B Aᵀ) A (sines), each where it
  /// is accurate (Björck & Golub 1973).
  ///
  /// - Throws: ``InterventionError/widthMismatch(name:expected:found:)`` for vectors of unequal
  ///   width.
  public func principalAngles(to other: Rotation) throws -> [Double] {
    guard width == other.width else {
      throw InterventionError.widthMismatch(
        name: "principal angles", expected: width, found: other.width)
    }
    let (small, large) = rank <= other.rank ? (frame, other.frame) : (other.frame, frame)
    let overlap = small.linear(large)
    let cosines = try overlap.svd().values
    let sines = try (small - overlap.matrixProduct(large)).svd().values.reversed()
    return zip(cosines, sines).map { cosine, sine in
      cosine < 0.7 ? acos(Double(max(-1, cosine))) : asin(Double(min(1, sine)))
    }
  }
}

extension Tensor {
  /// The same rows in storage of their own.
  fileprivate func copiedRows() -> Tensor { gatherRows(Array(0..<rows)) }
}

import Foundation
import InterchangeBasics
import InterchangeTensors

/// The distance of patched activations from natural ones at the same site: an intervention that
/// leaves what the model ever computes shows what the model does there, not what it does.
///
/// Two distances from a reference, natural rows of the training texts, each for patched rows and for
/// natural ones of other texts (the test's), so that both stand on one scale:
///
/// - to the nearest row of the reference, min_j ‖h − r_j‖;
/// - Mahalanobis, √((h − μ)ᵀ Σ⁻¹ (h − μ)), with the reference's mean μ and its covariance shrunk
///   towards a multiple of the identity, Σ = (1 − λ) S + λ m I with m = tr S / d, where λ is that of
///   Ledoit and Wolf (2004, doi:10.1016/S0047-259X(03)00096-4), the one that is best in expectation.
///
/// At most 512 rows of each kind are compared, drawn at random. Rows that aren't independent, such
/// as several positions of one text, make λ smaller than it should be.
public struct ActivationDivergence: Codable, Sendable, Equatable {
  /// One distance over rows.
  public struct Distance: Codable, Sendable, Equatable {
    /// The median over natural rows.
    public let natural: Double
    /// The median over patched rows.
    public let patched: Double
    /// The share of patched rows that are farther than 95 % of the natural ones: 0.05 where they
    /// are alike.
    public let beyond: Double
  }

  /// The distance to the nearest row of the reference.
  public let nearest: Distance
  /// The Mahalanobis distance from the reference.
  public let mahalanobis: Distance
  /// λ, the weight of the identity in the covariance.
  public let shrinkage: Double
  /// The rows of the reference.
  public let reference: Int
  /// The natural rows that are compared.
  public let natural: Int
  /// The patched rows that are compared.
  public let patched: Int

  /// The rows of each kind at most.
  static let mostRows = 512

  /// The distances of rows [n, width].
  ///
  /// - Parameters:
  ///   - reference: natural rows, at least three that aren't all the same
  ///   - natural: natural rows of other texts
  ///   - seed: of the draw, where there are more rows than are compared
  /// - Returns: nil where the reference is too small
  public init?(
    of patched: Tensor, natural: Tensor, reference: Tensor, seed: UInt64 = 0
  ) throws {
    var generator = RandomGenerator(seed: seed ^ 0xD1FE)
    func drawn(_ rows: Tensor) -> [[Double]] {
      let order =
        rows.rows <= Self.mostRows
        ? Array(0..<rows.rows)
        : Array((0..<rows.rows).shuffled(using: &generator).prefix(Self.mostRows)).sorted()
      return rows.gatherRows(order).withElements { values in
        order.indices.map { row in
          (0..<rows.width).map { Double(values[row * rows.width + $0]) }
        }
      }
    }
    let (known, natural, patched) = (drawn(reference), drawn(natural), drawn(patched))
    guard let covariance = try ShrunkCovariance(of: known), !natural.isEmpty, !patched.isEmpty
    else { return nil }
    nearest = Distance(
      natural: natural.map { Self.nearest($0, known) },
      patched: patched.map { Self.nearest($0, known) })
    mahalanobis = Distance(
      natural: natural.map(covariance.distance), patched: patched.map(covariance.distance))
    shrinkage = covariance.shrinkage
    (self.reference, self.natural, self.patched) = (known.count, natural.count, patched.count)
  }

  private static func nearest(_ row: [Double], _ known: [[Double]]) -> Double {
    row.withUnsafeBufferPointer { row in
      known.reduce(Double.infinity) { least, other in
        other.withUnsafeBufferPointer { other in
          var sum = 0.0
          for column in row.indices {
            let difference = row[column] - other[column]
            sum += difference * difference
          }
          return min(least, sum)
        }
      }
    }.squareRoot()
  }
}

extension ActivationDivergence.Distance {
  init(natural: [Double], patched: [Double]) {
    func quantile(_ values: [Double], _ share: Double) -> Double {
      let sorted = values.sorted()
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    let limit = quantile(natural, 0.95)
    self.init(
      natural: quantile(natural, 0.5), patched: quantile(patched, 0.5),
      beyond: Double(patched.count { $0 > limit }) / Double(patched.count))
  }
}

/// A mean with a shrunk covariance, by the right singular vectors of the centered rows: outside
/// their span the covariance is that of the identity's share.
struct ShrunkCovariance {
  /// λ.
  let shrinkage: Double
  private let mean: [Double]
  /// The right singular vectors, as rows.
  private let axes: [[Double]]
  /// The covariance along each of them.
  private let variances: [Double]
  /// The covariance along everything else.
  private let rest: Double

  /// Nil for fewer than three rows, or rows that are all the same.
  init?(of rows: [[Double]]) throws {
    guard rows.count > 2, let width = rows.first?.count else { return nil }
    let count = Double(rows.count)
    var mean = Array(repeating: 0.0, count: width)
    for row in rows { for column in 0..<width { mean[column] += row[column] / count } }
    let centered = rows.map { row in (0..<width).map { row[$0] - mean[$0] } }
    let matrix = Tensor(centered.flatMap { $0.map(Float.init) }, shape: [rows.count, width])
    let (_, values, right) = try matrix.svd()
    // S has the eigenvalues s² / n, and zeros.
    let own = values.map { Double($0) * Double($0) / count }
    let average = own.reduce(0, +) / Double(width)
    guard average > 0 else { return nil }
    let squares = own.reduce(0) { $0 + $1 * $1 }
    // δ² = ‖S − m I‖², β² = Σ ‖x xᵀ − S‖² / n² = (Σ ‖x‖⁴ / n − ‖S‖²) / n, at most δ².
    let spread = squares - Double(width) * average * average
    let fourth = centered.reduce(0.0) { sum, row in
      let length = row.reduce(0) { $0 + $1 * $1 }
      return sum + length * length
    }
    let error = (fourth / count - squares) / count
    let shrinkage = spread > 0 ? min(1, max(0, error) / spread) : 1
    self.shrinkage = shrinkage
    self.mean = mean
    rest = shrinkage * average
    variances = own.map { (1 - shrinkage) * $0 + shrinkage * average }
    let elements = right.elements
    axes = own.indices.map { axis in
      (0..<width).map { Double(elements[axis * width + $0]) }
    }
  }

  /// √((h − μ)ᵀ Σ⁻¹ (h − μ)).
  func distance(_ row: [Double]) -> Double {
    let centered = zip(row, mean).map { $0 - $1 }
    var (sum, outside) = (0.0, centered.reduce(0) { $0 + $1 * $1 })
    for (axis, variance) in zip(axes, variances) {
      let along = axis.withUnsafeBufferPointer { axis in
        centered.withUnsafeBufferPointer { row in
          var sum = 0.0
          for column in row.indices { sum += axis[column] * row[column] }
          return sum
        }
      }
      outside -= along * along
      if variance > 0 { sum += along * along / variance }
    }
    if rest > 0 { sum += max(0, outside) / rest }
    return sum.squareRoot()
  }
}

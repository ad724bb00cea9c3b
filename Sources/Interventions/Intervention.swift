import InterchangeBasics
import InterchangeTensors

/// A change of hidden vectors: a pure function of the rows at a site, knowing nothing of models.
public protocol Intervention: AnyObject {
  /// The name in files and reports.
  var name: String { get }
  /// How many source vectors go with each base vector.
  var sourceCount: Int { get }
  /// What training changes.
  var parameters: [Parameter] { get }
  /// Those of ``parameters`` that stay orthonormal frames.
  var orthonormalParameters: [Parameter] { get }
  /// The number of trained numbers.
  var parameterCount: Int { get }

  /// The rows that take the place of `base`.
  ///
  /// - Parameters:
  ///   - base: [rows, width]
  ///   - sources: `sourceCount` matrices [rows, width]
  /// - Returns: [rows, width]
  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor
}

extension Intervention {
  public var orthonormalParameters: [Parameter] { [] }
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.count } }
}

/// An intervention that adds something to the base vector: h + Δ(h), or h + Δ(x) with one source x, the
/// vector of another component at the same cell.
public protocol AdditiveIntervention: Intervention {
  /// The width d of the vectors it is made for.
  var width: Int { get }
  /// The width of the sources it is made for; nil without sources.
  var sourceWidth: Int? { get }

  /// What is added to each row: [rows, width].
  func change(of base: Tensor, sources: [Tensor]) -> Tensor
}

extension AdditiveIntervention {
  public var sourceWidth: Int? { nil }
  public var sourceCount: Int { sourceWidth == nil ? 0 : 1 }

  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base + change(of: base, sources: sources)
  }
}

/// Interchange: the base vector becomes the source vector.
public final class FullInterchange: Intervention {
  public init() {}
  public var name: String { "interchange" }
  public var sourceCount: Int { 1 }
  public var parameters: [Parameter] { [] }

  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { sources[0] }
}

/// Distributed interchange (arXiv 2303.02536): only the part inside a subspace is swapped,
/// h + Rᵀ(R s − R h), in the form h + Rᵀ R (s − h), which leaves h exactly as it is when s = h.
///
/// With several sources each has its own block of rows of one rotation, and they are swapped together.
public final class DistributedInterchange: Intervention {
  public let rotation: Rotation
  /// Which rows of the rotation belong to which source; disjoint.
  public let blocks: [Range<Int>]

  /// - Parameter blocks: rows for each source; by default one source that has all rows.
  public init(_ rotation: Rotation, blocks: [Range<Int>]? = nil) {
    self.rotation = rotation
    self.blocks = blocks ?? [0..<rotation.rank]
    let covered = self.blocks.flatMap { Array($0) }
    require(
      Set(covered).count == covered.count && covered.allSatisfy { $0 >= 0 && $0 < rotation.rank },
      "DistributedInterchange: blocks \(self.blocks) overlap or exceed rank \(rotation.rank)")
  }

  public var name: String { "distributed interchange" }
  public var sourceCount: Int { blocks.count }
  public var parameters: [Parameter] { rotation.trainedParameters }
  public var orthonormalParameters: [Parameter] { rotation.trainedParameters }

  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let frame = rotation.tensor
    var result = base
    for (block, source) in zip(blocks, sources) {
      let rows = block == 0..<rotation.rank ? frame : frame.rowSlice(block)
      result = result + (source - base).linear(rows).matrixProduct(rows)
    }
    return result
  }
}

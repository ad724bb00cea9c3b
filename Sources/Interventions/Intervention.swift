import InterchangeBasics
import InterchangeTensors

/// A change of hidden vectors: a pure function of the rows at a site, knowing nothing of models.
public protocol Intervention: AnyObject {
  /// The name in files and reports.
  var name: String { get }
  /// The number of source vectors for each base vector.
  var sourceCount: Int { get }
  /// The parameters that training changes.
  var parameters: [Parameter] { get }
  /// The ``parameters`` that stay orthonormal frames.
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
  /// None.
  public var orthonormalParameters: [Parameter] { [] }
  /// The number of elements of all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.count } }
}

/// An intervention that adds a vector to the base vector: h + Δ(h), or h + Δ(x) with one source x,
/// the vector of another component at the same cell.
public protocol AdditiveIntervention: Intervention {
  /// The width d of the vectors it is made for.
  var width: Int { get }
  /// The width of the sources it is made for; nil without sources.
  var sourceWidth: Int? { get }

  /// The change of each row: [rows, width].
  func change(of base: Tensor, sources: [Tensor]) -> Tensor
}

extension AdditiveIntervention {
  /// Nil: without sources.
  public var sourceWidth: Int? { nil }
  /// One source where the intervention has a source's width, else none.
  public var sourceCount: Int { sourceWidth == nil ? 0 : 1 }

  /// The base rows plus their change.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base + change(of: base, sources: sources)
  }
}

/// Interchange: the base vector becomes the source vector.
public final class FullInterchange: Intervention {
  /// The swap of whole vectors.
  public init() {}
  public var name: String { "interchange" }
  public var sourceCount: Int { 1 }
  public var parameters: [Parameter] { [] }

  /// The source rows.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { sources[0] }
}

/// Distributed interchange (arXiv 2303.02536): only the part inside a subspace is swapped,
/// h + Rᵀ(R s − R h), in the form h + Rᵀ R (s − h), which leaves h exactly as it is when s = h.
///
/// With several sources each has its own block of rows of one rotation, and they are swapped
/// together.
public final class DistributedInterchange: Intervention {
  /// R, whose rows are the swapped directions.
  public let rotation: Rotation
  /// The rotation's rows that belong to each source; disjoint.
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

  /// h + Σ Rᵢᵀ Rᵢ (sᵢ − h), with block i of the rotation and source i.
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

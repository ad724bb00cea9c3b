import InterchangeTensors

/// A way to describe hidden vectors by features, and to write changed features back.
///
/// What the features don't say of a vector is kept: a change from features f to f′ adds
/// D(f′) − D(f) to the vector, which is exactly 0 where f′ = f, however far D(E(h)) is from h.
///
/// ```
/// let swap = FeaturizedInterchange(RotationFeaturizer(rotation), features: [0, 3])
/// let edited = swap(base, sources: [source])
/// ```
public protocol Featurizer: AnyObject {
  /// The name in reports.
  var name: String { get }
  /// The width d of the vectors.
  var width: Int { get }
  /// The width of the vectors that features are written to; another than ``width`` only of a
  /// transcoder.
  var outputWidth: Int { get }
  /// The number of features of a vector.
  var featureCount: Int { get }
  /// The parameters that training changes.
  var parameters: [Parameter] { get }
  /// The ``parameters`` that stay orthonormal frames.
  var orthonormalParameters: [Parameter] { get }

  /// E: [rows, width] → [rows, features].
  func encode(_ rows: Tensor) -> Tensor

  /// D: [rows, features] → [rows, width].
  ///
  /// - Parameter base: the vectors [rows, width] that are described; a featurizer that measures
  ///   vectors by their own mean or length writes in their measure
  func decode(_ features: Tensor, of base: Tensor) -> Tensor

  /// D(new) − D(old), exactly 0 where both are the same: [rows, width].
  func change(of base: Tensor, from old: Tensor, to new: Tensor) -> Tensor
}

extension Featurizer {
  /// The same width.
  public var outputWidth: Int { width }
  /// None.
  public var parameters: [Parameter] { [] }
  /// None.
  public var orthonormalParameters: [Parameter] { [] }

  public func change(of base: Tensor, from old: Tensor, to new: Tensor) -> Tensor {
    decode(new, of: base) - decode(old, of: base)
  }

  /// D(E(h)): what the features say of each row.
  public func reconstruction(of rows: Tensor) -> Tensor { decode(encode(rows), of: rows) }

  /// The base rows with a part of the sources' features.
  ///
  /// - Parameters:
  ///   - base: [rows, width]; likewise `source`
  ///   - mask: the part of each feature that is swapped, 0 to 1: [features]; nil for all of all
  /// - Returns: h + D(f + m ⊙ (f_s − f)) − D(f)
  func swapping(_ base: Tensor, with source: Tensor, mask: Tensor?) -> Tensor {
    let (own, other) = (encode(base), encode(source))
    let new = mask.map { own + (other - own).multiplyingRows($0) } ?? other
    return base + change(of: base, from: own, to: new)
  }
}

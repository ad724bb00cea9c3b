import InterchangeBasics
import InterchangeTensors

/// One featurizer after another: f = E₂(E₁(h)), such as a rotation of standardized coordinates.
///
/// What the second doesn't say of the first one's features is kept as well.
public final class ChainedFeaturizer: Featurizer {
  /// The featurizer of vectors.
  public let first: any Featurizer
  /// The featurizer of the first one's features.
  public let second: any Featurizer

  /// A chain of two whose widths fit.
  public init(_ first: any Featurizer, _ second: any Featurizer) {
    require(
      first.featureCount == second.width,
      "ChainedFeaturizer: \(first.featureCount) features for a width of \(second.width)")
    (self.first, self.second) = (first, second)
  }

  public var name: String { "\(first.name), \(second.name)" }
  public var width: Int { first.width }
  public var featureCount: Int { second.featureCount }
  public var parameters: [Parameter] { first.parameters + second.parameters }
  public var orthonormalParameters: [Parameter] {
    first.orthonormalParameters + second.orthonormalParameters
  }

  public func encode(_ rows: Tensor) -> Tensor { second.encode(first.encode(rows)) }

  public func decode(_ features: Tensor, of base: Tensor) -> Tensor {
    first.decode(second.decode(features, of: first.encode(base)), of: base)
  }

  public func change(of base: Tensor, from old: Tensor, to new: Tensor) -> Tensor {
    let inner = first.encode(base)
    return first.change(
      of: base, from: inner, to: inner + second.change(of: inner, from: old, to: new))
  }
}

import InterchangeBasics
import InterchangeTensors

/// Interchange of features: h + D(f′) − D(f), where f′ has the source's value in the chosen
/// features and the base's in the others.
///
/// Over a rotation this is distributed interchange, over a sparse autoencoder an interchange of its
/// features with the autoencoder's error kept.
public final class FeaturizedInterchange: Intervention {
  /// The features that are swapped, and how they are written back.
  public let featurizer: any Featurizer
  /// The numbers of the swapped features, rising; nil for all.
  public let features: [Int]?
  /// 1 for a swapped feature, else 0: [features]; nil for all.
  private let mask: Tensor?

  /// A swap of some features, or of all.
  ///
  /// - Parameter features: numbers below the featurizer's count
  public init(_ featurizer: any Featurizer, features: [Int]? = nil) {
    require(
      featurizer.outputWidth == featurizer.width,
      "FeaturizedInterchange: \(featurizer.name) reads \(featurizer.width) coordinates and writes "
        + "\(featurizer.outputWidth)")
    self.featurizer = featurizer
    self.features = features.map { Set($0).sorted() }
    mask = self.features.map { Tensor.indicator(of: $0, count: featurizer.featureCount) }
  }

  public var name: String { "featurized interchange" }
  public var sourceCount: Int { 1 }
  public var parameters: [Parameter] { featurizer.parameters }
  public var orthonormalParameters: [Parameter] { featurizer.orthonormalParameters }

  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    featurizer.swapping(base, with: sources[0], mask: mask)
  }
}

extension Tensor {
  /// 1 at some indices, else 0: [count].
  static func indicator(of indices: [Int], count: Int) -> Tensor {
    require(
      indices.allSatisfy { (0..<count).contains($0) },
      "features: expected numbers from 0 to \(count - 1), got \(indices)")
    var values = [Float](repeating: 0, count: count)
    for index in indices { values[index] = 1 }
    return Tensor(values)
  }
}

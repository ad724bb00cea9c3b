import InterchangeBasics
import InterchangeTensors

/// A change of a vector's own features: h + D(a ⊙ f + c) − D(f), with a number a and a number c for
/// each feature.
///
/// Its forms are ablation (to zero or to a mean), clamping, steering and scaling of features. Of a
/// transcoder the features are read from the source, the input of the component that it imitates,
/// and the change is added to the base, that component's output.
public final class FeatureEdit: AdditiveIntervention {
  /// The features that are changed, and how they are written back.
  public let featurizer: any Featurizer
  public let name: String
  public let sourceWidth: Int?
  /// a: [features]
  public let scale: Tensor
  /// c: [features]
  public let offset: Tensor

  /// A change of features by factors and offsets.
  ///
  /// - Parameters:
  ///   - name: the name in reports
  ///   - scale: [features]; likewise `offset`
  ///   - readsSource: true for a transcoder, whose features describe another component's vectors
  public init(
    _ featurizer: any Featurizer, name: String = "feature edit", scale: Tensor, offset: Tensor,
    readsSource: Bool = false
  ) {
    require(
      scale.count == featurizer.featureCount && offset.count == featurizer.featureCount,
      "\(name): expected \(featurizer.featureCount) factors and offsets, "
        + "got \(scale.count) and \(offset.count)")
    require(
      readsSource || featurizer.outputWidth == featurizer.width,
      "\(name): a transcoder's features are read from another component: readsSource")
    (self.featurizer, self.name) = (featurizer, name)
    (self.scale, self.offset) = (scale.detached, offset.detached)
    sourceWidth = readsSource ? featurizer.width : nil
  }

  private convenience init(
    _ featurizer: any Featurizer, _ name: String, values: [Int: Float], keeping factor: Float,
    readsSource: Bool
  ) {
    let count = featurizer.featureCount
    // Checks the numbers too.
    let chosen = Tensor.indicator(of: values.keys.sorted(), count: count).elements
    var offset = [Float](repeating: 0, count: count)
    for (feature, value) in values { offset[feature] = value }
    self.init(
      featurizer, name: name, scale: Tensor(chosen.map { $0 == 1 ? factor : 1 }),
      offset: Tensor(offset), readsSource: readsSource)
  }

  /// Features set to 0.
  public static func zero(
    _ features: [Int], of featurizer: any Featurizer, readsSource: Bool = false
  ) -> FeatureEdit {
    let values = Dictionary(features.map { ($0, Float(0)) }) { first, _ in first }
    return FeatureEdit(
      featurizer, "feature ablation", values: values, keeping: 0, readsSource: readsSource)
  }

  /// Features set to their mean over rows [n, width].
  ///
  /// - Throws: ``InterventionError/tooFewRows(rows:needed:)`` without a row.
  public static func mean(
    _ features: [Int], of featurizer: any Featurizer, over rows: Tensor, readsSource: Bool = false
  ) throws -> FeatureEdit {
    guard rows.rows >= 1 else { throw InterventionError.tooFewRows(rows: 0, needed: 0) }
    let means = ((1 / Float(rows.rows)) * featurizer.encode(rows.detached).columnSums()).elements
    let values = Dictionary(features.map { ($0, means[$0]) }) { first, _ in first }
    return FeatureEdit(
      featurizer, "feature mean ablation", values: values, keeping: 0, readsSource: readsSource)
  }

  /// Features set to given values.
  public static func clamp(
    _ values: [Int: Float], of featurizer: any Featurizer, readsSource: Bool = false
  ) -> FeatureEdit {
    FeatureEdit(
      featurizer, "feature clamping", values: values, keeping: 0, readsSource: readsSource)
  }

  /// Amounts added to features: steering along their directions.
  public static func adding(
    _ amounts: [Int: Float], to featurizer: any Featurizer, readsSource: Bool = false
  ) -> FeatureEdit {
    FeatureEdit(
      featurizer, "feature steering", values: amounts, keeping: 1, readsSource: readsSource)
  }

  public var parameters: [Parameter] { featurizer.parameters }
  public var orthonormalParameters: [Parameter] { featurizer.orthonormalParameters }
  /// The width of the vectors that are changed.
  public var width: Int { featurizer.outputWidth }

  /// D(a ⊙ f + c) − D(f): [rows, width].
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    let read = sourceWidth == nil ? base : sources[0]
    let own = featurizer.encode(read)
    return featurizer.change(
      of: read, from: own, to: own.multiplyingRows(scale).addingToRows(offset))
  }
}

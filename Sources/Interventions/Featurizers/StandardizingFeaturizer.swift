import Foundation
import InterchangeBasics
import InterchangeTensors

/// Standardized coordinates as features: f = (h − μ) / σ, each coordinate by its own mean and
/// deviation; D(f) = σ f + μ.
public final class StandardizingFeaturizer: Featurizer {
  /// μ: [width]
  public let mean: Tensor
  /// σ: [width]
  public let deviation: Tensor
  private let inverse: Tensor

  /// - Parameters:
  ///   - mean: [width]
  ///   - deviation: [width], all above 0
  public init(mean: Tensor, deviation: Tensor) {
    require(
      mean.count == deviation.count && deviation.elements.allSatisfy { $0 > 0 },
      "StandardizingFeaturizer: expected deviations above 0, as many as means")
    (self.mean, self.deviation) = (mean.detached, deviation.detached)
    inverse = Tensor(deviation.elements.map { 1 / $0 })
  }

  /// The means and deviations of rows [n, width]; a coordinate that is the same in all rows has
  /// the deviation 1.
  ///
  /// - Throws: ``InterventionError/tooFewRows(rows:needed:)`` for fewer than two rows.
  public convenience init(of rows: Tensor) throws {
    guard rows.rows >= 2 else {
      throw InterventionError.tooFewRows(rows: rows.rows, needed: 1)
    }
    let count = Double(rows.rows)
    var (means, deviations): ([Float], [Float]) = ([], [])
    for column in 0..<rows.width {
      let mean = (0..<rows.rows).reduce(0.0) { $0 + Double(rows[$1, column]) } / count
      let variance =
        (0..<rows.rows).reduce(0.0) {
          $0 + (Double(rows[$1, column]) - mean) * (Double(rows[$1, column]) - mean)
        } / count
      means.append(Float(mean))
      deviations.append(variance > 0 ? Float(variance.squareRoot()) : 1)
    }
    self.init(mean: Tensor(means), deviation: Tensor(deviations))
  }

  public var name: String { "standardization" }
  public var width: Int { mean.count }
  public var featureCount: Int { mean.count }

  public func encode(_ rows: Tensor) -> Tensor {
    rows.addingToRows(-1 * mean).multiplyingRows(inverse)
  }

  public func decode(_ features: Tensor, of base: Tensor) -> Tensor {
    features.multiplyingRows(deviation).addingToRows(mean)
  }

  public func change(of base: Tensor, from old: Tensor, to new: Tensor) -> Tensor {
    (new - old).multiplyingRows(deviation)
  }
}

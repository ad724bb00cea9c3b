import Foundation
import InterchangeBasics
import InterchangeTensors

/// A learned choice among features (desiderata-based masking, arXiv 2307.09476 and 2401.06855): a
/// gate m = σ(θ / T) for each feature, or one for each group of them.
///
/// Training lowers the temperature T, and at the end the gates are 0 or 1: a feature is chosen
/// where m > ½.
public final class FeatureGate {
  /// θ: [gates]
  public let logits: Parameter
  /// The gate of each feature: [features]; nil where each has its own.
  public let groups: [Int]?
  /// T, the softness of the gates.
  public var temperature: Double
  /// True when the gates are 0 or 1.
  public var isHard = false
  /// Row g has 1 at the features of gate g: [gates, features].
  private let spread: Tensor?

  /// Gates that are all open equally far.
  ///
  /// - Parameters:
  ///   - featureCount: the number of features
  ///   - groups: the gate of each feature, numbers from 0 without gaps; nil for a gate each
  ///   - start: θ at the start
  public init(
    featureCount: Int, groups: [Int]? = nil, temperature: Double = 1, start: Float = 0
  ) {
    let count = groups.map { ($0.max() ?? 0) + 1 } ?? featureCount
    require(
      temperature > 0 && featureCount > 0
        && (groups.map { $0.count == featureCount && Set($0) == Set(0..<count) } ?? true),
      "FeatureGate: expected a gate for each of \(featureCount) features, groups without gaps and "
        + "a temperature above 0")
    (self.groups, self.temperature) = (groups, temperature)
    logits = Parameter("gate", Tensor(repeating: start, shape: [count]))
    spread = groups.map { groups in
      var values = [Float](repeating: 0, count: count * featureCount)
      for (feature, group) in groups.enumerated() { values[group * featureCount + feature] = 1 }
      return Tensor(values, shape: [count, featureCount])
    }
  }

  /// The number of gates.
  public var count: Int { logits.value.count }

  /// m of each gate as it is now, with θ's gradient unless the gates are hard: [gates].
  public var gates: Tensor {
    if isHard { return Tensor(logits.value.elements.map { $0 > 0 ? 1 : 0 }) }
    return (Float(1 / temperature) * logits.tensor).activated(.sigmoid)
  }

  /// m of each feature: [features].
  public var mask: Tensor {
    guard let spread else { return gates }
    return gates.reshaped([1, count]).matrixProduct(spread).reshaped([spread.width])
  }

  /// The gates with m > ½, rising.
  public var chosen: [Int] {
    logits.value.elements.indices.filter { logits.value.elements[$0] > 0 }
  }
}

import InterchangeBasics
import InterchangeTensors

/// Representation editing (RED, arXiv 2402.15179): s ⊙ h + b, started at s = 1, b = 0.
public final class RepresentationEditing: AdditiveIntervention {
  /// s: [d]
  public let scale: Parameter
  /// b: [d]
  public let bias: Parameter

  /// The edit that changes nothing, for vectors of a width.
  public convenience init(width: Int) {
    self.init(scale: Tensor(repeating: 1, shape: [width]), bias: .zeros([width]))
  }

  /// - Parameters:
  ///   - scale: [d]
  ///   - bias: [d]
  public init(scale: Tensor, bias: Tensor) {
    require(scale.count == bias.count, "RED: s \(scale.shape), b \(bias.shape)")
    (self.scale, self.bias) = (Parameter("scale", scale), Parameter("bias", bias))
  }

  public var name: String { "red" }
  public var parameters: [Parameter] { [scale, bias] }
  public var width: Int { bias.value.count }

  /// s ⊙ h + b − h.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    let ones = Tensor(repeating: 1, shape: scale.value.shape)
    return base.multiplyingRows(scale.tensor - ones).addingToRows(bias.tensor)
  }
}

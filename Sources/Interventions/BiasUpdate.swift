import InterchangeTensors

/// BitFit (arXiv 2106.10199): h + b, the change of a bias term that the model has.
public final class BiasUpdate: AdditiveIntervention {
  /// b: [d]
  public let bias: Parameter

  /// - Parameter bias: [d]
  public init(bias: Tensor) { self.bias = Parameter("bias", bias) }

  /// A change of nothing, for a bias of a width.
  public convenience init(width: Int) { self.init(bias: .zeros([width])) }

  public var name: String { "bitfit" }
  public var parameters: [Parameter] { [bias] }
  public var width: Int { bias.value.count }

  /// b in every row.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    Tensor.zeros(base.shape).addingToRows(bias.tensor)
  }

  /// h + b.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base.addingToRows(bias.tensor)
  }
}

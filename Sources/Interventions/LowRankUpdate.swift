import InterchangeBasics
import InterchangeTensors

/// LoRA (arXiv 2106.09685): h + (α/r) B A x, where h = W x is a projection's output and x its
/// input. A starts at random, B at zero, so that nothing changes at first.
public final class LowRankUpdate: AdditiveIntervention {
  /// A: [rank, input width]
  public let down: Parameter
  /// B: [width, rank]
  public let up: Parameter
  /// α/r
  public let scale: Float

  /// - Parameters:
  ///   - down: A [rank, input width]
  ///   - up: B [width, rank]
  ///   - scale: α/r
  public init(down: Tensor, up: Tensor, scale: Float) {
    require(down.rows == up.width, "LoRA: A \(down.shape), B \(up.shape)")
    (self.down, self.up) = (Parameter("down", down), Parameter("up", up))
    self.scale = scale
  }

  /// An update at its start: A uniform in ±1/√(input width), as in the authors' code, B = 0.
  public convenience init(
    rank: Int, inputWidth: Int, width: Int, scale: Float, using generator: inout RandomGenerator
  ) {
    let bound = 1 / Double(inputWidth).squareRoot()
    self.init(
      down: .uniform([rank, inputWidth], in: -bound..<bound, using: &generator),
      up: .zeros([width, rank]), scale: scale)
  }

  public var name: String { "lora" }
  public var parameters: [Parameter] { [down, up] }
  public var width: Int { up.value.rows }
  public var sourceWidth: Int? { down.value.width }
  /// r
  public var rank: Int { down.value.rows }

  /// The change of the projection's weight: (α/r) B A, [width, input width].
  public var weightChange: Tensor { scale * up.value.matrixProduct(down.value) }

  /// (α/r) B A x.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    scale * sources[0].linear(down.tensor).linear(up.tensor)
  }
}

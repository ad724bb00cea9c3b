import InterchangeBasics
import InterchangeTensors

/// Adapters: U f(D x + c) + e added to the output of a sub-layer.
///
/// Serial (arXiv 1902.00751): x is the sub-layer's own output h. Parallel (arXiv 2110.04366): x is
/// the sub-layer's input, and the sum is scaled. U and e start at zero, so that nothing changes at
/// first.
public final class Bottleneck: AdditiveIntervention {
  /// D: [rank, input width]
  public let down: Parameter
  /// c: [rank]
  public let downBias: Parameter
  /// U: [width, rank]
  public let up: Parameter
  /// e: [width]
  public let upBias: Parameter
  /// f
  public let activation: Activation
  /// The factor of the change.
  public let scale: Float
  /// True when x is the sub-layer's input, false when it is its output.
  public let isParallel: Bool

  /// - Parameters:
  ///   - down: D [rank, input width] and c [rank]
  ///   - up: U [width, rank] and e [width]
  public init(
    down: (weight: Tensor, bias: Tensor), up: (weight: Tensor, bias: Tensor),
    activation: Activation, scale: Float, isParallel: Bool
  ) {
    require(
      down.weight.rows == up.weight.width && down.bias.count == down.weight.rows
        && up.bias.count == up.weight.rows
        && (isParallel || down.weight.width == up.weight.rows),
      "adapter: D \(down.weight.shape), U \(up.weight.shape)")
    self.down = Parameter("down", down.weight)
    downBias = Parameter("down_bias", down.bias)
    self.up = Parameter("up", up.weight)
    upBias = Parameter("up_bias", up.bias)
    (self.activation, self.scale, self.isParallel) = (activation, scale, isParallel)
  }

  /// An adapter at its start: D normal with the deviation 1/√(input width), all else 0.
  public convenience init(
    rank: Int, inputWidth: Int, width: Int, activation: Activation, scale: Float,
    isParallel: Bool, using generator: inout RandomGenerator
  ) {
    let down = Tensor.normal(
      [rank, inputWidth], deviation: 1 / Double(inputWidth).squareRoot(), using: &generator)
    self.init(
      down: (down, .zeros([rank])), up: (.zeros([width, rank]), .zeros([width])),
      activation: activation, scale: scale, isParallel: isParallel)
  }

  public var name: String { isParallel ? "parallel-adapter" : "serial-adapter" }
  public var parameters: [Parameter] { [down, downBias, up, upBias] }
  public var width: Int { up.value.rows }
  public var sourceWidth: Int? { isParallel ? down.value.width : nil }
  /// The width of the bottleneck.
  public var rank: Int { down.value.rows }

  /// scale · (U f(D x + c) + e).
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    let input = isParallel ? sources[0] : base
    let hidden = input.linear(down.tensor, bias: downBias.tensor).activated(activation)
    return scale * hidden.linear(up.tensor, bias: upBias.tensor)
  }
}

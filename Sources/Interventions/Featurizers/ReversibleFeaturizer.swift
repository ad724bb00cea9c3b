import InterchangeBasics
import InterchangeTensors

/// A reversible network as a featurizer (RevNet, arXiv 1707.04585): additive coupling layers over
/// the two halves of a vector, inverted exactly but for rounding.
///
/// A layer is y₁ = x₁ + F(x₂), y₂ = x₂ + G(y₁), with F and G perceptrons of one hidden layer. Such
/// a featurizer can bend the space so far that it "finds" any variable, in a network with random
/// weights too (arXiv 2507.08802): an accuracy with it says little of the network.
public final class ReversibleFeaturizer: Featurizer {
  /// A perceptron of one hidden layer.
  private struct Map {
    /// [hidden, inputs]
    let inner: Parameter
    /// [hidden]
    let innerBias: Parameter
    /// [outputs, hidden]
    let outer: Parameter
    /// [outputs]
    let outerBias: Parameter

    /// A map whose weights are random.
    init(
      _ inputs: Int, _ hidden: Int, _ outputs: Int, bend: Double,
      using generator: inout RandomGenerator
    ) {
      let deviation = 1 / Double(inputs).squareRoot()
      inner = Parameter(
        "inner", .normal([hidden, inputs], deviation: deviation, using: &generator))
      innerBias = Parameter("inner bias", .zeros([hidden]))
      // Usually small, so that the features start as coordinates; never 0, so that all learn.
      outer = Parameter(
        "outer",
        .normal(
          [outputs, hidden], deviation: bend / Double(hidden).squareRoot(), using: &generator))
      outerBias = Parameter("outer bias", .zeros([outputs]))
    }

    var parameters: [Parameter] { [inner, innerBias, outer, outerBias] }

    func callAsFunction(_ rows: Tensor) -> Tensor {
      rows.linear(inner.tensor, bias: innerBias.tensor).activated(.geluTanh)
        .linear(outer.tensor, bias: outerBias.tensor)
    }
  }

  public let width: Int
  /// The width of the perceptrons' hidden layers.
  public let hidden: Int
  private let layers: [(first: Map, second: Map)]

  /// A network that starts near the identity, or bent at random.
  ///
  /// - Parameters:
  ///   - width: of the vectors, at least 2
  ///   - layers: coupling layers, at least 1
  ///   - hidden: the width of the perceptrons' hidden layers
  ///   - bend: the deviation of their outer weights at the start, times √hidden; at 1 what no
  ///     direction carries is found in fewer steps
  public init(width: Int, layers: Int = 4, hidden: Int = 64, bend: Double = 0.1, seed: UInt64) {
    require(
      width >= 2 && layers >= 1 && hidden >= 1 && bend > 0,
      "ReversibleFeaturizer: width \(width), \(layers) layers, \(hidden) hidden units")
    (self.width, self.hidden) = (width, hidden)
    let half = width / 2
    var generator = RandomGenerator(seed: seed)
    self.layers = (0..<layers).map { _ in
      (
        Map(width - half, hidden, half, bend: bend, using: &generator),
        Map(half, hidden, width - half, bend: bend, using: &generator)
      )
    }
  }

  public var name: String { "reversible network" }
  public var featureCount: Int { width }
  public var parameters: [Parameter] {
    layers.flatMap { $0.first.parameters + $0.second.parameters }
  }

  public func encode(_ rows: Tensor) -> Tensor {
    joined(
      layers.reduce(halves(rows)) { x, layer in
        let first = x.0 + layer.first(x.1)
        return (first, x.1 + layer.second(first))
      })
  }

  public func decode(_ features: Tensor, of base: Tensor) -> Tensor {
    joined(
      layers.reversed().reduce(halves(features)) { y, layer in
        let second = y.1 - layer.second(y.0)
        return (y.0 - layer.first(second), second)
      })
  }

  private func halves(_ rows: Tensor) -> (Tensor, Tensor) {
    (rows.columns(0..<width / 2), rows.columns(width / 2..<width))
  }

  private func joined(_ halves: (Tensor, Tensor)) -> Tensor {
    Tensor.zeros([halves.0.rows, width]).replacingColumns(0..<width / 2, with: halves.0)
      .replacingColumns(width / 2..<width, with: halves.1)
  }
}

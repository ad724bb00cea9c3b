import InterchangeBasics
import InterchangeTensors

/// A plain multi-layer perceptron: h ← f(W h + b) for each layer, then a linear read-out.
///
/// It reads one vector: a sequence of length 1. `block_output` of layer l is its l-th hidden vector.
public struct Perceptron: Architecture {
  /// A linear map: weight [outputs, inputs], bias [outputs].
  public struct Linear: Sendable {
    public var weight: Tensor
    public var bias: Tensor

    public init(weight: Tensor, bias: Tensor) {
      (self.weight, self.bias) = (weight, bias)
    }
  }

  public let hidden: [Linear]
  public let readout: Linear
  public let activation: Activation

  /// A perceptron whose hidden layers are all equally wide.
  public init(hidden: [Linear], readout: Linear, activation: Activation = .relu) {
    require(!hidden.isEmpty, "Perceptron: expected at least one hidden layer")
    require(
      hidden.allSatisfy { $0.weight.rows == hidden[0].weight.rows },
      "Perceptron: expected hidden layers of one width")
    (self.hidden, self.readout, self.activation) = (hidden, readout, activation)
  }

  /// Random weights: normal with deviation 1/√inputs, biases 0.
  public init(
    inputs: Int, width: Int, layers: Int, outputs: Int, activation: Activation = .relu, seed: UInt64
  ) {
    var generator = RandomGenerator(seed: seed)
    func linear(_ from: Int, _ to: Int) -> Linear {
      let deviation = 1 / Double(from).squareRoot()
      return Linear(
        weight: .normal([to, from], deviation: deviation, using: &generator), bias: .zeros([to]))
    }
    let hidden = (0..<layers).map { linear($0 == 0 ? inputs : width, width) }
    self.init(hidden: hidden, readout: linear(width, outputs), activation: activation)
  }

  public var name: String { "perceptron" }
  public var layers: Int { hidden.count }
  public var width: Int { hidden[0].weight.rows }
  public var vocabulary: Int { 0 }
  public var outputs: Int { readout.weight.rows }
  public var isCausal: Bool { true }
  public var maximumLength: Int { 1 }
  public var parameterCount: Int {
    (hidden + [readout]).reduce(0) { $0 + $1.weight.count + $1.bias.count }
  }

  public var weightBytes: Int { 4 * parameterCount }
  public var recordedWidth: Int { 2 * width }

  public func blockCost(
    _ layer: Int, keyRows: Int, outputRows: Int, pairs: Int
  ) -> RunCost {
    cost(hidden[layer].weight, rows: outputRows)
  }

  public func outputCost(rows: Int, outputs: Int) -> RunCost {
    var cost = cost(readout.weight, rows: rows)
    cost.rows = 0
    return cost
  }

  private func cost(_ weight: Tensor, rows: Int) -> RunCost {
    RunCost(
      rows: rows, operations: 2 * Double(weight.count * rows), weightBytes: Double(4 * weight.count)
    )
  }

  public func dimensions(of component: Component) -> ComponentDimensions? {
    switch component {
    case .blockOutput: ComponentDimensions(width: width)
    default: nil
    }
  }

  public func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    let expected = hidden[0].weight.width
    let rows = try zip(inputs, positions).flatMap { input, positions in
      guard case .vectors(let vectors) = input else {
        throw ModelError.invalidInput(expected: "vectors of width \(expected)", found: input.kind)
      }
      return try positions.map { position in
        guard vectors[position].count == expected else {
          throw ModelError.invalidInput(
            expected: "vectors of width \(expected)", found: "width \(vectors[position].count)")
        }
        return vectors[position]
      }
    }
    return Tensor(rows: rows)
  }

  public func block(_ layer: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    let map = hidden[layer]
    return context.keepingOutputRows(residual).linear(map.weight, bias: map.bias)
      .activated(activation)
  }

  public func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    let all = residual.linear(readout.weight, bias: readout.bias)
    return outputs.map { all.transposed().gatherRows($0).transposed() } ?? all
  }

  public func randomlyInitialized(seed: UInt64) -> Perceptron {
    Perceptron(
      inputs: hidden[0].weight.width, width: width, layers: layers, outputs: outputs,
      activation: activation, seed: seed)
  }
}

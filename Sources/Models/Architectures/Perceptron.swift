import InterchangeBasics
import InterchangeTensors

/// A plain multi-layer perceptron: h ← f(W h + b) for each layer, then a linear read-out.
///
/// It reads one vector: a sequence of length 1. `block_output` of layer l is its l-th hidden
/// vector.
public struct Perceptron: Architecture {
  /// A linear map: weight [outputs, inputs], bias [outputs].
  public struct Linear: Sendable {
    /// The matrix [outputs, inputs].
    public var weight: Tensor
    /// The addition to the outputs: [outputs].
    public var bias: Tensor

    /// A map with its bias.
    public init(weight: Tensor, bias: Tensor) {
      (self.weight, self.bias) = (weight, bias)
    }
  }

  /// The maps of the hidden layers.
  public let hidden: [Linear]
  /// The map to the outputs.
  public let readout: Linear
  /// The non-linearity after each hidden layer.
  public let activation: Activation

  /// A perceptron whose hidden layers are all equally wide.
  public init(hidden: [Linear], readout: Linear, activation: Activation = .relu) {
    require(!hidden.isEmpty, "Perceptron: expected at least one hidden layer")
    require(
      hidden.allSatisfy { $0.weight.rows == hidden[0].weight.rows },
      "Perceptron: expected hidden layers of one width")
    (self.hidden, self.readout, self.activation) = (hidden, readout, activation)
  }

  /// A perceptron with random weights: normal with deviation 1/√inputs, biases 0.
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

  public var shape: ModelShape {
    ModelShape(
      name: "perceptron", layers: hidden.count, width: hidden[0].weight.rows, vocabulary: 0,
      outputs: readout.weight.rows, maximumLength: 1)
  }

  public func dimensions(of component: Component) -> ComponentDimensions? {
    switch component {
    case .blockOutput: ComponentDimensions(width: width)
    case .logits: ComponentDimensions(width: outputs)
    default: nil
    }
  }

  public func dimensions(of component: Component, layer: Int) -> ComponentDimensions? {
    component.isPossible(in: layer, of: layers) ? dimensions(of: component) : nil
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
}

extension Perceptron: WeightInventory {
  public func mapWeights(
    _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Perceptron {
    Perceptron(
      hidden: try hidden.enumerated().map { layer, map in
        try map.mapped(WeightSlot(.map, layer: layer, side: .outputRows), by: change)
      },
      readout: try readout.mapped(WeightSlot(.map, side: .measuredRows), by: change),
      activation: activation)
  }
}

extension Perceptron.Linear {
  /// A map in float32, whose random weights have the deviation 1/√inputs.
  fileprivate func mapped(
    _ slot: WeightSlot, by change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Perceptron.Linear {
    var slot = slot
    slot.deviation = 1 / Double(weight.width).squareRoot()
    let map = try LinearMap(weight: Weight(weight), bias: bias).mapped(slot, by: change)
    return Perceptron.Linear(
      weight: map.weight.floats(), bias: map.bias ?? .zeros([map.weight.rows]))
  }
}

import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import Testing

@Suite struct PerceptronTests {
  /// A perceptron computed with plain loops in double precision.
  private struct Reference {
    var layers: [(weight: [[Double]], bias: [Double])]
    let activation: Activation

    init(_ perceptron: Perceptron) {
      layers = (perceptron.hidden + [perceptron.readout]).map { map in
        let (values, width) = (map.weight.elements.map(Double.init), map.weight.width)
        return (
          (0..<map.weight.rows).map { Array(values[$0 * width..<($0 + 1) * width]) },
          map.bias.elements.map(Double.init)
        )
      }
      activation = perceptron.activation
    }

    func activated(_ x: Double) -> Double {
      switch activation {
      case .relu: max(0, x)
      case .silu: x / (1 + exp(-x))
      case .geluTanh:
        0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
      case .sigmoid: 1 / (1 + exp(-x))
      case .tanh: tanh(x)
      case .reluSquare: x > 0 ? x * x : 0
      case .geluQuick: x / (1 + exp(-1.702 * x))
      }
    }

    /// The hidden vectors, then the outputs; `edit` may change a hidden vector.
    func run(_ input: [Double], edit: (Int, [Double]) -> [Double] = { $1 }) -> [[Double]] {
      var vectors: [[Double]] = []
      var current = input
      for (index, layer) in layers.enumerated() {
        current = zip(layer.weight, layer.bias).map { row, bias in
          zip(row, current).reduce(bias) { $0 + $1.0 * $1.1 }
        }
        if index < layers.count - 1 { current = edit(index, current.map(activated)) }
        vectors.append(current)
      }
      return vectors
    }

    /// The mean cross-entropy of some inputs.
    func loss(_ inputs: [[Float]], _ targets: [Int]) -> Double {
      let losses = zip(inputs, targets).map { input, target in
        let outputs = run(input.map(Double.init))[layers.count - 1]
        return log(outputs.reduce(0) { $0 + exp($1) }) - outputs[target]
      }
      return losses.reduce(0, +) / Double(losses.count)
    }
  }

  private let inputs: [[Float]]
  private var batch: [ModelInput] { inputs.map { .vectors([$0]) } }

  init() {
    var generator = RandomGenerator(seed: 4)
    inputs = (0..<5).map { _ in Tensor.normal([6], using: &generator).elements }
  }

  private func perceptron(_ activation: Activation = .relu) -> Perceptron {
    var generator = RandomGenerator(seed: 8)
    var hidden = Perceptron(
      inputs: 6, width: 7, layers: 3, outputs: 4, activation: activation, seed: 3
    ).hidden
    for index in hidden.indices { hidden[index].bias = .normal([7], using: &generator) }
    let readout = Perceptron.Linear(
      weight: .normal([4, 7], using: &generator), bias: .normal([4], using: &generator))
    return Perceptron(hidden: hidden, readout: readout, activation: activation)
  }

  /// Four layers of sums of at most 7 terms and a bias.
  private func close(_ found: Tensor?, _ expected: [[Double]], _ label: String) {
    let expected = expected.map { $0.map(Float.init) }
    expectClose(found, Tensor(rows: expected), terms: 4 * 8, "\(label)")
  }

  @Test(arguments: Activation.allCases)
  func hiddenVectorsAndOutputs(activation: Activation) throws {
    let perceptron = perceptron(activation)
    let reference = Reference(perceptron)
    let rows = inputs.map { reference.run($0.map(Double.init)) }
    let everyFirst = inputs.map { _ in [0] }
    for store in [nil, ActivationStore()] {
      let run = try Model(perceptron).run(
        Request(
          batch,
          captures: (0..<3).map { Cells(.blockOutput, layer: $0, positions: everyFirst) },
          logits: everyFirst), store: store)
      for layer in 0..<3 { close(run.captures[layer], rows.map { $0[layer] }, "layer \(layer)") }
      close(run.logits, rows.map { $0[3] }, "outputs")
    }
    #expect(perceptron.parameterCount == 6 * 7 + 7 + 2 * (7 * 7 + 7) + 7 * 4 + 4)
  }

  /// Different vectors of different sequences, swapped at one layer, and one sequence left alone.
  @Test(arguments: 0..<3, [false, true])
  func interchange(layer: Int, stores: Bool) throws {
    let perceptron = perceptron()
    let model = Model(perceptron)
    let reference = Reference(perceptron)
    let sources: [Int?] = [3, nil, 0, 4, 4]
    let positions = sources.map { $0 == nil ? [] : [0] }
    let taken = try model.run(
      Request(
        batch, captures: [Cells(.blockOutput, layer: layer, positions: batch.map { _ in [0] })])
    ).captures[0].gatherRows(sources.compactMap { $0 })
    let run = try model.run(
      .lastLogits(
        batch,
        edits: [Edit(Cells(.blockOutput, layer: layer, positions: positions)) { _ in taken }]),
      store: stores ? ActivationStore() : nil)
    let expected = zip(inputs, sources).map { input, source in
      let swapped = source.map { reference.run(inputs[$0].map(Double.init))[layer] }
      return reference.run(input.map(Double.init)) { index, vector in
        index == layer ? swapped ?? vector : vector
      }[3]
    }
    close(run.logits, expected, "layer \(layer)")
  }

  /// Central differences in double precision, with a smooth activation: their error is below 1e-8.
  @Test func gradientsOfTheWeights() throws {
    let plain = perceptron(.tanh)
    let targets = [0, 3, 1, 2, 3]
    func recorded(_ map: Perceptron.Linear) -> Perceptron.Linear {
      .init(weight: map.weight.requiringGradient(), bias: map.bias.requiringGradient())
    }
    let trained = Perceptron(
      hidden: plain.hidden.map(recorded), readout: recorded(plain.readout), activation: .tanh)
    let maps = trained.hidden + [trained.readout]
    let loss = try #require(try Model(trained).run(.lastLogits(batch)).logits)
      .crossEntropy(targets)
    var reference = Reference(plain)
    #expect(abs(Double(loss.scalar) - reference.loss(inputs, targets)) < 1e-6)
    let gradients = loss.gradients(of: maps.flatMap { [$0.weight, $0.bias] })
    func slope(_ place: WritableKeyPath<Reference, Double>) -> Float {
      let value = reference[keyPath: place]
      reference[keyPath: place] = value + 1e-5
      let above = reference.loss(inputs, targets)
      reference[keyPath: place] = value - 1e-5
      let below = reference.loss(inputs, targets)
      reference[keyPath: place] = value
      return Float((above - below) / 2e-5)
    }
    for (index, map) in maps.enumerated() {
      let weights = (0..<map.weight.rows).flatMap { row in
        (0..<map.weight.width).map { slope(\.layers[index].weight[row][$0]) }
      }
      expectClose(
        gradients[2 * index].elements, weights, absolute: 1e-6, relative: 1e-5, "weight \(index)")
      let biases = (0..<map.weight.rows).map { slope(\.layers[index].bias[$0]) }
      expectClose(
        gradients[2 * index + 1].elements, biases, absolute: 1e-6, relative: 1e-5, "bias \(index)")
    }
  }

  @Test func errors() {
    let model = Model(perceptron())
    func line(_ request: Request) -> String? { ModelsTests.line { _ = try model.run(request) } }
    #expect(
      line(.lastLogits([.tokens([1])]))
        == "expected an input of vectors of width 6, found token ids")
    #expect(
      line(.lastLogits([.vectors([[1, 2]])]))
        == "expected an input of vectors of width 6, found width 2")
    let zeros = [Float](repeating: 0, count: 6)
    #expect(
      line(.lastLogits([.vectors([zeros, zeros])]))
        == "the input has 2 tokens, the model reads at most 1")
    #expect(line(.lastLogits([.vectors([])])) == "the input is empty: expected at least one token")
    for component in Component.allCases where ![.blockOutput, .logits].contains(component) {
      #expect(
        line(Request([.vectors([zeros])], captures: [Cells(component, layer: 0, positions: [[0]])]))
          == "no component '\(component.rawValue)' in a perceptron model")
    }
    #expect(
      line(
        Request([.vectors([zeros])], captures: [Cells(.blockOutput, layer: 3, positions: [[0]])]))
        == "layer 3 is out of range: the model has layers 0 to 2")
  }

  @Test func randomWeightsFollowTheSeed() throws {
    let perceptron = perceptron()
    let (a, b) = (perceptron.randomlyInitialized(seed: 1), perceptron.randomlyInitialized(seed: 1))
    let other = perceptron.randomlyInitialized(seed: 2)
    #expect(a.hidden[2].weight.elements == b.hidden[2].weight.elements)
    #expect(a.hidden[2].weight.elements != other.hidden[2].weight.elements)
    #expect(a.parameterCount == perceptron.parameterCount)
    #expect(a.readout.bias.elements.allSatisfy { $0 == 0 })
  }
}

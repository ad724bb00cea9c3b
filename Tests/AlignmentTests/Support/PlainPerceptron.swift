import InterchangeModels
import InterchangeTensors

/// A perceptron in plain loops over doubles, with a swap inside a subspace of one hidden layer.
struct PlainPerceptron {
  typealias Matrix = [[Double]]

  let hidden: [(weight: Matrix, bias: [Double])]
  let readout: (weight: Matrix, bias: [Double])

  init(_ network: Perceptron) {
    func plain(_ map: Perceptron.Linear) -> (Matrix, [Double]) {
      let rows = (0..<map.weight.rows).map { row in
        (0..<map.weight.width).map { Double(map.weight[row, $0]) }
      }
      return (rows, map.bias.elements.map(Double.init))
    }
    hidden = network.hidden.map(plain)
    readout = plain(network.readout)
  }

  /// The vector after hidden layers `range`, from the vector before them.
  private func run(_ vector: [Double], through range: Range<Int>) -> [Double] {
    hidden[range].reduce(vector) { vector, layer in
      apply(layer, to: vector).map { max(0, $0) }
    }
  }

  private func apply(_ map: (weight: Matrix, bias: [Double]), to vector: [Double]) -> [Double] {
    zip(map.weight, map.bias).map { row, bias in
      bias + zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  func activation(_ input: [Float], after layer: Int) -> [Double] {
    run(input.map(Double.init), through: 0..<layer + 1)
  }

  /// The outputs for `base` when the part of its vector after `layer` that lies along each of the
  /// orthonormal `directions` is that of the source paired with it.
  func outputs(
    base: [Float], layer: Int, swapping directions: [(direction: [Double], source: [Float])] = []
  ) -> [Double] {
    var vector = activation(base, after: layer)
    let original = vector
    for (direction, source) in directions {
      let other = activation(source, after: layer)
      let amount = direction.indices.reduce(0) {
        $0 + direction[$1] * (other[$1] - original[$1])
      }
      for index in vector.indices { vector[index] += amount * direction[index] }
    }
    return apply(readout, to: run(vector, through: layer + 1..<hidden.count))
  }

  /// The outputs for `base` when its whole vector after `layer` is the source's.
  func outputs(base: [Float], layer: Int, whole source: [Float]) -> [Double] {
    apply(readout, to: run(activation(source, after: layer), through: layer + 1..<hidden.count))
  }
}

/// An accuracy counted by hand: how often the label is the strictly largest of the answers, and the
/// mean of its lead.
struct PlainAccuracy {
  var correct = 0
  var leads: [Double] = []

  mutating func count(_ outputs: [Double], label: Int, answers: [Int] = []) {
    let rivals = (answers.isEmpty ? Array(outputs.indices) : answers).filter { $0 != label }
    let lead = outputs[label] - rivals.map { outputs[$0] }.max()!
    leads.append(lead)
    if lead > 0 { correct += 1 }
  }

  var meanLead: Double { leads.reduce(0, +) / Double(leads.count) }
}

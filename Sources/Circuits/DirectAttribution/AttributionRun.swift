import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// The rows of a batch that direct attribution needs, by component and layer.
struct AttributionRun {
  private struct Key: Hashable {
    let component: Component
    let layer: Int
  }

  private let stream: any AdditiveStream
  private let rows: [Key: Tensor]
  private let inputs: [AttributedInput]
  private let positions: [Int]

  init(_ inputs: [AttributedInput], of model: Model, _ stream: any AdditiveStream) throws {
    (self.stream, self.inputs) = (stream, inputs)
    let positions = inputs.map { $0.position ?? stream.outputPosition(of: $0.input) }
    self.positions = positions
    var keys = [Key(component: .blockOutput, layer: stream.layers - 1)]
    let inside: [Component] = [
      .attentionOutput, .mlpOutput, .attentionValueOutput, .mlpHidden, .attentionProjection,
      .mlpProjection,
    ]
    for layer in 0..<stream.layers {
      keys += inside.filter { stream.hasComponent($0, layer: layer) }
        .map { Key(component: $0, layer: layer) }
    }
    var request = Request(inputs.map(\.input))
    request.captures = keys.map { key in
      Cells(key.component, layer: key.layer, positions: positions.map { [$0] })
    }
    let captures = try model.run(request).captures.map(\.detached)
    rows = Dictionary(uniqueKeysWithValues: zip(keys, captures))
  }

  /// The row of a component for one of the inputs; nil where the layer doesn't have it.
  private func row(_ component: Component, _ layer: Int, _ index: Int) -> [Float]? {
    rows[Key(component: component, layer: layer)]?.rowSlice(index..<index + 1).elements
  }

  /// The shares of all parts in one of the inputs.
  func shares(of index: Int) throws -> InputShares {
    let question = inputs[index]
    guard let final = row(.blockOutput, stream.layers - 1, index) else {
      programmerError("attribution: the last block's output was not captured")
    }
    let readout = stream.readout(at: final, of: question.outputs)
    var shares = InputShares(final: final)
    for part in try stream.embeddingParts(of: question.input, at: positions[index]) {
      shares.add(part.name, .embedding, nil, part.row, readout)
    }
    for layer in 0..<stream.layers {
      if let attention = row(.attentionOutput, layer, index) {
        shares.add("attention \(layer)", .attention, layer, attention, readout)
      }
      if let mlp = row(.mlpOutput, layer, index) {
        shares.add("MLP \(layer)", .mlp, layer, mlp, readout)
      }
      addInside(layer, index, readout, to: &shares)
    }
    shares.add(bias: "final norm's bias", readout.normBias)
    shares.add(bias: "unembedding's bias", readout.headBias)
    let logits = stream.unboundedLogits(
      Tensor(final, shape: [1, final.count]), outputs: question.outputs.map(\.output))
    shares.difference = zip(question.outputs, logits.elements).reduce(0) {
      $0 + Double($1.0.factor) * Double($1.1)
    }
    guard shares.difference.isFinite, shares.sum.isFinite else {
      throw CircuitError.notFinite(place: "direct attribution of input \(index)")
    }
    return shares
  }

  /// The shares of a layer's heads and neurons.
  private func addInside(
    _ layer: Int, _ index: Int, _ readout: FrozenReadout, to shares: inout InputShares
  ) {
    if let mixed = row(.attentionValueOutput, layer, index) {
      let pulled = stream.attentionWriter(
        of: layer, at: row(.attentionProjection, layer, index)
      ).pulled(readout.direction)
      let width = mixed.count / heads
      shares.heads.append(
        (0..<heads).map { head in
          (head * width..<(head + 1) * width).reduce(0) {
            $0 + pulled.direction[$1] * Double(mixed[$1])
          }
        })
      shares.headBiases.append(pulled.bias + pulled.normBias)
      shares.headDirections.append(pulled.direction)
    }
    guard let hidden = row(.mlpHidden, layer, index),
      let pulled = stream.mlpWriter(of: layer, at: row(.mlpProjection, layer, index))?.pulled(
        readout.direction)
    else {
      shares.neurons.append([])
      return shares.neuronBiases.append(nil)
    }
    shares.neurons.append(zip(pulled.direction, hidden).map { $0 * Double($1) })
    shares.neuronBiases.append(pulled.bias + pulled.normBias)
  }

  private var heads: Int { stream.dimensions(of: .attentionValueOutput)?.heads ?? 1 }
}

/// The shares of all parts in one input's logit or difference.
struct InputShares {
  let final: [Float]
  var names: [(name: String, kind: DirectAttribution.Kind, layer: Int?)] = []
  var values: [Double] = []
  /// The norm of each part's row, and the cosine of its angle with the whole; nil of biases after
  /// the stream.
  var norms: [Double?] = []
  var cosines: [Double?] = []
  /// [layers][heads].
  var heads: [[Double]] = []
  var headBiases: [Double] = []
  /// The factors of the mixed values of each layer.
  var headDirections: [[Double]] = []
  /// [layers][neurons]; none of a mixture of experts.
  var neurons: [[Double]] = []
  var neuronBiases: [Double?] = []
  var difference = 0.0

  init(final: [Float]) { self.final = final }

  var sum: Double { values.reduce(0, +) }

  mutating func add(
    _ name: String, _ kind: DirectAttribution.Kind, _ layer: Int?, _ row: [Float],
    _ readout: FrozenReadout
  ) {
    names.append((name, kind, layer))
    values.append(readout.share(of: row))
    func norm(_ row: [Float]) -> Double {
      row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let (own, whole) = (norm(row), norm(final))
    norms.append(own)
    let product = zip(row, final).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    cosines.append(own > 0 && whole > 0 ? product / (own * whole) : nil)
  }

  mutating func add(bias name: String, _ value: Double) {
    names.append((name, .bias, nil))
    values.append(value)
    norms.append(nil)
    cosines.append(nil)
  }
}

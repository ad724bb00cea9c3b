import InterchangeBasics
import InterchangeModels
import InterchangeTensors

extension Model {
  /// The direct share of every part in the logits of some inputs, as means over them.
  ///
  /// - Parameters:
  ///   - neurons: how many of the largest neurons are kept
  ///   - heads: of a single input, how many of the largest heads are taken apart by source position
  ///   - progress: called after every batch with the number of inputs that are done
  /// - Throws: `CircuitError` for a network whose outputs aren't such a sum, `ModelError` for an
  ///   input, a position or an output that there is not.
  public func directAttribution(
    of inputs: [AttributedInput], neurons: Int = 20, sourcesOf heads: Int = 10,
    progress: (Int) -> Void = { _ in }
  ) throws -> DirectAttribution {
    let stream = try additiveStream(for: "direct attribution")
    guard !inputs.isEmpty else {
      throw CircuitError.noExamples(reason: "the data set is empty")
    }
    for output in inputs.flatMap(\.outputs) where !(0..<stream.outputs).contains(output.output) {
      throw ModelError.invalidInput(
        expected: "outputs below \(stream.outputs)", found: "output \(output.output)")
    }
    var totals = ShareTotals()
    var last: InputShares?
    for start in stride(from: 0, to: inputs.count, by: 16) {
      let part = Array(inputs[start..<min(start + 16, inputs.count)])
      let run = try AttributionRun(part, of: self, stream)
      for index in part.indices {
        let shares = try run.shares(of: index)
        totals.add(shares)
        last = shares
      }
      progress(start + part.count)
    }
    let sources =
      inputs.count == 1
      ? try headSources(inputs[0], last?.heads ?? [], last?.headDirections ?? [], heads, stream)
      : []
    return totals.result(neurons: neurons, sources: sources, softCap: hasSoftCap(inputs, stream))
  }

  /// Tells whether a bound follows the logits: they change when it is left out.
  private func hasSoftCap(_ inputs: [AttributedInput], _ stream: any AdditiveStream) -> Bool {
    let row = Tensor((0..<stream.width).map { Float($0 % 3) - 1 }, shape: [1, stream.width])
    let output = [inputs[0].answer]
    return stream.logits(row, outputs: output).elements
      != stream.unboundedLogits(row, outputs: output).elements
  }

  /// The shares of the largest heads of one input by source position: the weight of each position
  /// times its value's share.
  private func headSources(
    _ question: AttributedInput, _ shares: [[Double]], _ directions: [[Double]], _ count: Int,
    _ stream: any AdditiveStream
  ) throws -> [DirectAttribution.HeadSources] {
    let all = shares.enumerated().flatMap { layer, heads in
      heads.enumerated().map { (layer: layer, head: $0, share: $1) }
    }
    let ordered = all.sorted {
      (abs($0.share), $1.layer, $1.head) > (abs($1.share), $0.layer, $0.head)
    }
    let chosen = ordered.prefix(max(0, count))
    guard !chosen.isEmpty else { return [] }
    let position = question.position ?? stream.outputPosition(of: question.input)
    let seen = stream.isCausal ? position + 1 : question.input.length
    let layers = Array(Set(chosen.map(\.layer))).sorted()
    let captures = layers.map { Cells(.valueOutput, layer: $0, positions: [Array(0..<seen)]) }
    let patterns = layers.map { Cells(.attentionWeight, layer: $0, positions: [[position]]) }
    let run = try run(Request([question.input], captures: captures + patterns))
    let heads = shares[0].count
    return chosen.map { choice in
      let place = layers.firstIndex(of: choice.layer)!
      let values = stream.mixedValues(run.captures[place].detached, layer: choice.layer)
      let weights = run.captures[layers.count + place]
      let width = directions[choice.layer].count / heads
      let keyHead = choice.head / (heads / max(1, values.width / width))
      return DirectAttribution.HeadSources(
        layer: choice.layer, head: choice.head,
        shares: (0..<seen).map { source in
          let share = (0..<width).reduce(0.0) {
            $0 + directions[choice.layer][choice.head * width + $1]
              * Double(values[source, keyHead * width + $1])
          }
          return share * Double(weights[0, choice.head * question.input.length + source])
        })
    }
  }
}

/// Sums over inputs, and of squares.
private struct ShareTotals {
  private var count = 0
  private var names: [(name: String, kind: DirectAttribution.Kind, layer: Int?)] = []
  private var values: [MeanAndError] = []
  private var norms: [Double?] = []
  private var cosines: [(sum: Double, count: Int)] = []
  private var heads: [[MeanAndError]] = []
  private var headBiases: [MeanAndError] = []
  private var neurons: [[MeanAndError]] = []
  private var neuronBiases: [MeanAndError?] = []
  private var sum = MeanAndError()
  private var difference = MeanAndError()
  private var largestGap = 0.0

  mutating func add(_ shares: InputShares) {
    if count == 0 {
      names = shares.names
      values = shares.values.map { _ in MeanAndError() }
      norms = shares.norms.map { $0.map { _ in 0 } }
      cosines = shares.cosines.map { _ in (0, 0) }
      heads = shares.heads.map { $0.map { _ in MeanAndError() } }
      headBiases = shares.headBiases.map { _ in MeanAndError() }
      neurons = shares.neurons.map { $0.map { _ in MeanAndError() } }
      neuronBiases = shares.neuronBiases.map { $0.map { _ in MeanAndError() } }
    }
    count += 1
    for index in values.indices {
      values[index].add(shares.values[index])
      if let norm = shares.norms[index] { norms[index]! += norm }
      if let cosine = shares.cosines[index] {
        cosines[index].sum += cosine
        cosines[index].count += 1
      }
    }
    for layer in heads.indices {
      for head in heads[layer].indices { heads[layer][head].add(shares.heads[layer][head]) }
      headBiases[layer].add(shares.headBiases[layer])
    }
    for layer in neurons.indices {
      for index in neurons[layer].indices {
        neurons[layer][index].add(shares.neurons[layer][index])
      }
      if let bias = shares.neuronBiases[layer] { neuronBiases[layer]?.add(bias) }
    }
    sum.add(shares.sum)
    difference.add(shares.difference)
    largestGap = max(largestGap, abs(shares.sum - shares.difference))
  }

  func result(
    neurons wanted: Int, sources: [DirectAttribution.HeadSources], softCap: Bool
  ) -> DirectAttribution {
    let parts = names.indices.map { index in
      DirectAttribution.Part(
        name: names[index].name, kind: names[index].kind, layer: names[index].layer,
        share: values[index].share, norm: norms[index].map { $0 / Double(count) },
        cosine: cosines[index].count > 0
          ? cosines[index].sum / Double(cosines[index].count) : nil)
    }
    let all = neurons.enumerated().flatMap { layer, own in
      own.enumerated().map { (layer: layer, index: $0, total: $1) }
    }
    let largest = all.sorted {
      (abs($0.total.mean), $1.layer, $1.index) > (abs($1.total.mean), $0.layer, $0.index)
    }.prefix(max(0, wanted))
    return DirectAttribution(
      count: count, sum: sum.share, difference: difference.share, largestGap: largestGap,
      softCap: softCap, parts: parts,
      heads: heads.indices.map { layer in
        DirectAttribution.Heads(
          layer: layer, shares: heads[layer].map(\.share), bias: headBiases[layer].share)
      },
      neurons: largest.map {
        DirectAttribution.Neuron(layer: $0.layer, index: $0.index, share: $0.total.share)
      }, mlpBiases: neuronBiases.map { $0?.share },
      expertLayers: neurons.indices.filter { neurons[$0].isEmpty }, sources: sources)
  }
}

/// A mean that grows, and the standard error of it (Welford 1962).
private struct MeanAndError {
  private(set) var mean = 0.0
  private var count = 0
  private var squares = 0.0

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
  }

  var share: DirectAttribution.Share {
    let n = Double(count)
    return DirectAttribution.Share(
      mean: mean, error: count > 1 ? (squares / (n - 1) / n).squareRoot() : 0)
  }
}

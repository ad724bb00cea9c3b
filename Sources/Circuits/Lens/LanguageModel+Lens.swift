import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors

extension LanguageModel {
  /// The outputs that a reading makes of every layer's vectors over a text.
  ///
  /// - Parameters:
  ///   - reading: the way from a layer's vectors to outputs; the last norm and the unembedding by
  ///     default
  ///   - component: the vectors that are read; of the stream, before the first block too
  ///   - layers: in rising order; all when nil
  ///   - positions: the tokens of the text whose vectors are read
  ///   - answer: an output whose probability and rank are told, too
  ///   - count: how many of the likeliest outputs are kept, at least one
  /// - Throws: `CircuitError` for a model whose outputs aren't made of one position's row, or a
  ///   component that the reading doesn't read; `ModelError` for a component, layer or position
  ///   that there is not, or a text that is too long.
  public func lens(
    of text: String, by reading: any LayerReading = LogitLens(),
    component: Component = .blockOutput, layers: [Int]? = nil,
    positions: Positions = .all, answer: Int? = nil, top count: Int = 5, edits: [Edit] = []
  ) throws -> LayerLens {
    try requireLens()
    let encoded = encode(text)
    let places = try positions.resolved(length: encoded.length)
    let chosen = try (layers ?? Array(0..<architecture.layers)).filter { layer in
      if layers != nil { try network.validate(component, layer: layer) }
      return architecture.hasComponent(component, layer: layer)
    }
    guard !chosen.isEmpty else {
      throw ModelError.noSuchComponent(
        component: component.rawValue, architecture: architecture.name)
    }
    guard reading.components.contains(component) else {
      throw CircuitError.invalidSetting(
        name: "component",
        expected: "what a \(reading.name) reads: "
          + reading.components.map(\.rawValue).joined(separator: ", "),
        found: component.rawValue)
    }
    let reader = try reading.reader(in: self)
    let hasEmbedding = layers == nil && component == .blockOutput
    try requireMemory(
      4 * Double(places.count) * Double(chosen.count + 2)
        * Double(architecture.width + 20 * count)
        + 12 * Double(min(places.count, Self.lensRows)) * Double(architecture.outputs),
      for: "a lens over \(places.count) positions and \(chosen.count) layers")
    var request = Request([encoded.input], edits: edits)
    let embedding = hasEmbedding ? [Cells(.blockInput, layer: 0, positions: [places])] : []
    request.captures =
      embedding + chosen.map { Cells(component, layer: $0, positions: [places]) }
      + [Cells(.blockOutput, layer: architecture.layers - 1, positions: [places])]
    let captures = try run(request).captures.map(\.detached)
    let names = (hasEmbedding ? [Int?.none] : []) + chosen.map(Optional.some)
    let last = captures[captures.count - 1]
    var cells = [[LayerLens.Cell]](repeating: [], count: names.count)
    for start in stride(from: 0, to: places.count, by: Self.lensRows) {
      let part = start..<min(start + Self.lensRows, places.count)
      let own = LensOutputs(architecture.logits(last.rowSlice(part), outputs: nil))
      for (index, rows) in captures.dropLast().enumerated() {
        let outputs = LensOutputs(try reader(rows.rowSlice(part), names[index]))
        for row in 0..<part.count {
          cells[index].append(
            try outputs.cell(row, of: own, answer: answer, top: count, label: label))
        }
      }
    }
    return LayerLens(
      reading: reading.name, text: text, component: component, positions: places,
      tokens: places.map { label(of: encoded.ids[$0]) }, answer: answer.map { label(of: $0) },
      rows: zip(names, cells).map { LayerLens.Row(layer: $0, cells: $1) })
  }

  /// The number of rows whose outputs are in memory at once.
  static let lensRows = 32

  /// - Throws: ``CircuitError/unsuitable(architecture:method:reason:)``.
  func requireLens() throws {
    let reason: String? =
      if architecture.outputs == 0 {
        "it has no head, so no outputs"
      } else if architecture.stacks != nil {
        "expected one stack, found an encoder-decoder"
      } else if architecture.poolsPositions {
        "its outputs are made of the rows of all positions"
      } else if let labels = architecture.labels {
        "its outputs are \(labels.count) labels, and no tokens"
      } else {
        nil
      }
    if let reason {
      throw CircuitError.unsuitable(
        architecture: architecture.name, method: "a lens", reason: reason)
    }
  }
}

/// The outputs that the head makes of some rows.
struct LensOutputs {
  let logits: Tensor
  /// Log-probabilities.
  let logs: Tensor

  init(_ logits: Tensor) {
    self.logits = logits
    logs = logits.logSoftmax()
  }

  func cell(
    _ row: Int, of own: LensOutputs, answer: Int?, top count: Int, label: (Int) -> String
  ) throws -> LayerLens.Cell {
    let width = logits.width
    return try logs.withElements { all in
      try own.logs.withElements { final in
        let (q, p) = (
          all[row * width..<(row + 1) * width], final[row * width..<(row + 1) * width]
        )
        var (entropy, divergence) = (0.0, 0.0)
        for (log, own) in zip(q, p) {
          let (log, own) = (Double(log), Double(own))
          entropy -= exp(log) * log
          divergence += exp(own) * (own - log)
        }
        guard entropy.isFinite, divergence.isFinite else {
          throw CircuitError.notFinite(place: "the lens's outputs at row \(row)")
        }
        let order = largest(count, of: q)
        return LayerLens.Cell(
          top: order.map {
            LayerLens.Output(id: $0.id, token: label($0.id), probability: exp(Double($0.value)))
          }, entropy: entropy, divergence: max(0, divergence),
          answer: answer.map { answer in
            let value = q[row * width + answer]
            return LayerLens.Answer(
              probability: exp(Double(value)), rank: q.count { $0 > value })
          })
      }
    }
  }

  /// The indices of the largest of some values, the first of equals first.
  private func largest(
    _ count: Int, of values: Slice<UnsafeBufferPointer<Float>>
  ) -> [(id: Int, value: Float)] {
    var best: [(id: Int, value: Float)] = []
    for (id, value) in values.enumerated() {
      if best.count == count, value <= best[best.count - 1].value { continue }
      let place = best.firstIndex { $0.value < value } ?? best.count
      best.insert((id, value), at: place)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}

import InterchangeBasics
import InterchangeTensors

/// A request to an encoder-decoder, taken apart: what each stack is asked for.
///
/// An edit of the encoder changes all positions above it and, through the cross-attention, the
/// whole decoder; one of the decoder is causal. Layers of both are counted from 0 here.
private struct StackedRequest {
  var encoder: Request
  var decoder: Request
  /// The sequences whose encoder is edited.
  let changed: Set<Int>
  private let layers: Int

  init(_ request: Request, encoderLayers layers: Int) {
    self.layers = layers
    func isBelow(_ cells: Cells) -> Bool { cells.layer < layers }
    let below = request.edits.filter { isBelow($0.cells) }
    encoder = Request(
      request.inputs.compactMap(\.source), edits: below,
      captures: request.captures.filter(isBelow))
    encoder.recomputesBlocks = request.recomputesBlocks
    decoder = request
    decoder.edits = request.edits.filter { !isBelow($0.cells) }.map { $0.lowered(by: layers) }
    decoder.captures = request.captures.filter { !isBelow($0) }.map { $0.lowered(by: layers) }
    changed = Set(
      below.flatMap { edit in
        edit.cells.positions.indices.filter { !edit.cells.positions[$0].isEmpty }
      })
  }

  /// By layer of the decoder, the sequences whose source rows are edited or read there.
  var visited: [Int: Set<Int>] {
    (decoder.edits.map(\.cells) + decoder.captures).filter(\.component.isOfSource).reduce(into: [:])
    {
      visited, cells in
      visited[cells.layer, default: []].formUnion(
        cells.positions.indices.filter { !cells.positions[$0].isEmpty })
    }
  }

  /// Makes the encoder's run return the last rows of some sequences, all positions.
  mutating func captureLast(_ sequences: Set<Int>) -> [[Int]] {
    let positions = encoder.inputs.indices.map {
      sequences.contains($0) ? Array(0..<encoder.inputs[$0].length) : []
    }
    encoder.captures.append(Cells(.blockOutput, layer: layers - 1, positions: positions))
    return positions
  }

  /// The results of both in the order of the request.
  func joined(_ below: Run?, _ above: Run, of request: Request) -> Run {
    var (first, second) = ((below?.captures ?? [])[...], above.captures[...])
    let captures = request.captures.map { cells in
      cells.layer < layers ? first.removeFirst() : second.removeFirst()
    }
    return Run(logits: above.logits, loss: above.loss, captures: captures)
  }
}

extension Model {
  /// The stacks of an encoder-decoder as models of their own.
  struct StackedModels: Sendable {
    let encoder: Model
    let decoder: Model

    init(_ stacks: Stacks) {
      (encoder, decoder) = (Model(stacks.encoder), Model(stacks.decoder))
    }

    /// The rows of one source that no edit concerns, as the decoder reads them.
    ///
    /// - Throws: ``ModelError`` for a source that doesn't fit.
    func plainSource(_ source: ModelInput) throws -> KnownSource {
      let layer = encoder.architecture.layers - 1
      let request = Request(
        [source],
        captures: [Cells(.blockOutput, layer: layer, positions: [Array(0..<source.length)])])
      // As for all kept rows: the bits don't depend on what is run together.
      let run = try Weight.$roundsAlike.withValue(true) {
        try encoder.unchecked(request, store: nil)
      }
      return KnownSource(encoder.architecture.encoded(run.captures[0]))
    }

    /// The record of a source: read from a store, or computed and put into it.
    ///
    /// - Throws: ``ModelError/activationBudget(needed:budget:)`` for a source that is too long for
    ///   the store.
    func known(_ source: ModelInput, in store: ActivationStore) throws -> KnownSource {
      let d = decoder.architecture
      let bytes = KnownSource.byteCount(
        positions: source.length, width: d.width,
        keyWidth: d.dimensions(of: .crossKeyOutput)?.width ?? 0, layers: d.layers)
      return try store.source(of: source, bytes: bytes) { try plainSource(source) }
    }

    /// A memory of plain sources, for base runs.
    func memory(of inputs: [ModelInput], in store: ActivationStore) throws -> SourceMemory {
      let sources = inputs.compactMap(\.source)
      return SourceMemory(
        rows: .zeros([0, encoder.architecture.width]), made: RowSet(sources.map { _ in [] }),
        known: try sources.map { try known($0, in: store) }, lengths: sources.map(\.length),
        visited: [:])
    }

    /// Runs both.
    func run(_ request: Request, store: ActivationStore?) throws -> Run {
      var parts = StackedRequest(request, encoderLayers: encoder.architecture.layers)
      let (plan, needed) = decoderPlan(parts, hasBase: store != nil)
      var known: [KnownSource?] = request.caches?.map(\.source) ?? request.inputs.map { _ in nil }
      if let store {
        for sequence in needed.subtracting(parts.changed) {
          known[sequence] = try self.known(parts.encoder.inputs[sequence], in: store)
        }
      }
      let wanted = needed.filter { known[$0] == nil }
      let isRun = !wanted.isEmpty || !parts.encoder.captures.isEmpty
      let positions = parts.captureLast(wanted)
      if let store { store.encoder.mirror(store, layersBelow: encoder.architecture.layers) }
      let below = try isRun ? encoder.unchecked(parts.encoder, store: store?.encoder) : nil
      var made = RowSet(positions)
      var rows =
        below.map { encoder.architecture.encoded($0.captures[$0.captures.count - 1]) }
        ?? .zeros([0, encoder.architecture.width])
      if let caches = request.caches {
        // The steps after this one read the same.
        for sequence in wanted {
          let source = KnownSource(rows.rowSlice(made.range(sequence)).copied())
          (caches[sequence].source, known[sequence]) = (source, source)
        }
        made = RowSet(positions.map { _ in [] })
        rows = .zeros([0, rows.width])
      }
      let memory = SourceMemory(
        rows: rows, made: made, known: known, lengths: parts.encoder.inputs.map(\.length),
        visited: parts.visited)
      let base = try store.map {
        try decoder.baseRuns(
          of: request.inputs, for: plan, store: $0, below: self)
      }
      let above = try decoder.execute(plan, parts.decoder, base: base, memory: memory)
      return parts.joined(below, above, of: request)
    }

    /// The cells that the decoder computes, and the sequences whose sources it reads.
    private func decoderPlan(
      _ parts: StackedRequest, hasBase: Bool
    ) -> (plan: RowPlan, needed: Set<Int>) {
      // The whole of a changed sequence's decoder can change, from its first cross-attention on.
      let reached = Cells(
        .crossAttentionOutput, layer: 0,
        positions: parts.decoder.inputs.enumerated().map { sequence, input in
          parts.changed.contains(sequence) ? Array(0..<input.length) : []
        })
      let plan = decoder.plan(
        parts.decoder, hasBase: hasBase, keys: decoder.grownKeys(parts.decoder), reached: [reached])
      let reading = parts.decoder.inputs.indices.filter { sequence in
        zip(plan.runs, plan.outputs).contains { $0 && !$1.positions[sequence].isEmpty }
      }
      return (plan, parts.visited.values.reduce(into: Set(reading)) { $0.formUnion($1) })
    }

    /// The cost of each block of both that a request runs, and last that of the output.
    func costs(of request: Request, hasStore: Bool) throws -> [RunCost] {
      var parts = StackedRequest(request, encoderLayers: encoder.architecture.layers)
      let (plan, needed) = decoderPlan(parts, hasBase: hasStore)
      _ = parts.captureLast(hasStore ? needed.intersection(parts.changed) : needed)
      return encoder.costs(
        of: parts.encoder, encoder.plan(parts.encoder, hasBase: hasStore, keys: nil))
        + decoder.costs(of: parts.decoder, plan)
    }
  }
}

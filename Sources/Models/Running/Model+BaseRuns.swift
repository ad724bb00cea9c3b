import InterchangeBasics
import InterchangeTensors
import OrderedCollections

extension Model {
  /// Positions that a base run takes at a time, over all its sequences.
  private static let batchPositions = 1024

  /// The base runs of a planned run's inputs: those that a store keeps, and the missing ones, which
  /// are computed and put into it.
  ///
  /// - Parameter below: the stacks, when this is the decoder of an encoder-decoder
  /// - Throws: ``ModelError/activationBudget(needed:budget:)`` when the inputs alone exceed the
  ///   store's budget.
  func baseRuns(
    of inputs: [ModelInput], for plan: RowPlan, store: ActivationStore,
    below: StackedModels? = nil
  ) throws -> [StoredRun] {
    var needed: OrderedDictionary<ModelInput, StoredNeeds> = [:]
    for (sequence, input) in inputs.enumerated() {
      let needs = StoredNeeds(plan, sequence: sequence)
      if needed[input]?.formUnion(needs) == nil { needed[input] = needs }
    }
    let missing = store.missing(needed).map { input, needs in
      (
        input: input,
        needs: whole(needs, input, store, encoderLayers: below?.encoder.architecture.layers ?? 0)
      )
    }
    try compute(missing, for: inputs, into: store, below: below)
    return inputs.map { store.record(of: $0)! }
  }

  /// The needs for which a record is made: those of now, those of the record that was there, and
  /// the reserved ones.
  private func whole(
    _ needs: StoredNeeds, _ input: ModelInput, _ store: ActivationStore, encoderLayers: Int
  ) -> StoredNeeds {
    var whole = needs
    if let earlier = store.record(of: input)?.needs { whole.formUnion(earlier) }
    for site in store.reserved where site.layer >= encoderLayers && !site.component.isOfSource {
      var own = site
      own.layer -= encoderLayers
      whole.formUnion(reservedNeeds(at: own, input))
    }
    return whole
  }

  /// The needs of an experiment at a site, with the row of the plain output.
  private func reservedNeeds(at site: Site, _ input: ModelInput) -> StoredNeeds {
    let (layers, length) = (architecture.layers, input.length)
    let measured = max(0, architecture.outputPosition(of: input))
    let resolved = try? site.positions.resolved(length: length)
    let isOpen = resolved == nil || !architecture.isCausal
    let lowest = isOpen ? 0 : resolved?.min() ?? 0
    let highest = isOpen ? length - 1 : resolved?.max() ?? 0
    let stage = Cells(site, positions: []).stage
    var needs = StoredNeeds(layers: layers)
    needs.residual[layers] =
      architecture.poolsPositions ? 0..<max(1, length) : measured..<measured + 1
    if stage > 0 { needs.residual[stage] = min(lowest, length - 1)..<length }
    if architecture.isCausal && highest > 0 {
      for layer in stage..<max(stage, layers) { needs.known[layer] = highest }
    }
    return needs
  }

  /// Computes base runs, a batch at a time.
  private func compute(
    _ missing: [(input: ModelInput, needs: StoredNeeds)], for inputs: [ModelInput],
    into store: ActivationStore, below: StackedModels?
  ) throws {
    guard !missing.isEmpty else { return }
    let keyWidth = architecture.dimensions(of: .keyOutput)?.width ?? 0
    let bytes = missing.reduce(0) {
      $0
        + $1.needs.byteCount(width: architecture.width, keyWidth: keyWidth, store.precision)
    }
    try store.makeRoom(for: missing.map(\.input), bytes: bytes, keeping: inputs)
    var start = 0
    while start < missing.count {
      var (end, positions) = (start, 0)
      repeat {
        positions += missing[end].input.length
        end += 1
      } while end < missing.count && positions + missing[end].input.length <= Self.batchPositions
      try compute(batch: Array(missing[start..<end]), into: store, below: below)
      start = end
    }
  }

  private func compute(
    batch: [(input: ModelInput, needs: StoredNeeds)], into store: ActivationStore,
    below: StackedModels?
  ) throws {
    let stages = Set(batch.flatMap { $0.needs.residual.keys }).sorted()
    var request = Request(batch.map(\.input))
    request.captures = stages.map { stage in
      Cells(
        .blockOutput, layer: stage - 1,
        positions: batch.map { Array($0.needs.residual[stage] ?? 0..<0) })
    }
    let caches = batch.map { _ in KeyValueCache(layers: architecture.layers) }
    request.caches = caches
    let keys = (0..<architecture.layers).map { layer in batch.map { $0.needs.known[layer] } }
    // The kept rows don't depend on which inputs happened to be missing together, so that a run
    // that is resumed, or whose budget is another, reads the same bits.
    let memory = try below?.memory(of: request.inputs, in: store)
    let run = try Weight.$roundsAlike.withValue(true) {
      try execute(plan(request, hasBase: false, keys: keys), request, base: nil, memory: memory)
    }
    var starts = stages.map { _ in 0 }
    for (sequence, (input, needs)) in batch.enumerated() {
      var residuals: [Int: Tensor] = [:]
      for (index, stage) in stages.enumerated() {
        guard let positions = needs.residual[stage] else { continue }
        let rows = starts[index]..<starts[index] + positions.count
        residuals[stage] = run.captures[index].detached.rowSlice(rows).copied()
        starts[index] += positions.count
      }
      store.insert(
        StoredRun(needs, residuals: residuals, keys: caches[sequence], precision: store.precision),
        for: input)
    }
  }
}

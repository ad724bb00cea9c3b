import InterchangeBasics
import InterchangeTensors

/// A frozen network that can be run with edits and captures.
public final class Model: Sendable {
  /// The network.
  public let architecture: any Architecture
  /// The stacks of an encoder-decoder; nil of everything else.
  let stacks: StackedModels?

  /// A model that runs an architecture.
  public init(_ architecture: any Architecture) {
    self.architecture = architecture
    stacks = architecture.stacks.map(StackedModels.init)
  }

  /// Runs a batch and returns what the request asks for; only cells that can change and that reach
  /// something asked for are computed.
  ///
  /// - Parameters:
  ///   - request: the sequences, edits, captures and measured positions
  ///   - store: where base runs of a frozen model are kept; with it, what no edit can reach is read
  ///     instead of computed, and the result is the same
  /// - Throws: ``ModelError`` for a layer, head, position or input that the model doesn't have, and
  ///   for logits, captures or attention with numbers that are none.
  public func run(_ request: Request, store: ActivationStore? = nil) throws -> Run {
    try validate(request)
    require(
      store == nil || request.caches == nil, "run: a growing cache and a store exclude one another")
    let run = try unchecked(request, store: store)
    try requireFinite(run, of: request)
    for (input, cache) in zip(request.inputs, request.caches ?? []) {
      cache.advance(by: input.length - cache.count)
    }
    return run
  }

  /// Runs a request that fits, whatever numbers come out.
  func unchecked(_ request: Request, store: ActivationStore?) throws -> Run {
    if let stacks { return try stacks.run(request, store: store) }
    let plan = plan(request, hasBase: store != nil, keys: grownKeys(request))
    let base = try store.map { try baseRuns(of: request.inputs, for: plan, store: $0) }
    return try execute(plan, request, base: base)
  }

  /// The counts of keys that growing caches get: the keys and values of every position in every
  /// layer.
  func grownKeys(_ request: Request) -> [[Int]]? {
    request.caches.map { _ in
      Array(repeating: request.inputs.map(\.length), count: architecture.layers)
    }
  }

  /// The cells that a request computes.
  ///
  /// - Parameters:
  ///   - keys: for each layer and sequence of how many leading positions keys and values are wanted
  ///   - reached: cells that something outside this stack may change
  func plan(
    _ request: Request, hasBase: Bool, keys: [[Int]]?, reached: [Cells] = []
  ) -> RowPlan {
    // What is done to a source's rows changes what every position's cross-attention makes of them.
    func isOwn(_ cells: Cells) -> Bool { !cells.component.isOfSource }
    func crossed(_ cells: Cells, _ positions: (Int) -> [Int]) -> Cells {
      Cells(
        .crossAttentionOutput, layer: cells.layer,
        positions: zip(cells.positions, request.inputs).map {
          $0.isEmpty ? [] : positions($1.length)
        })
    }
    let edits = request.edits.filter { isOwn($0.cells) }
    let ofSources = request.edits.map(\.cells).filter { !isOwn($0) }
    return RowPlan(
      lengths: request.inputs.map(\.length), layers: architecture.layers,
      edits: edits.filter { !$0.isRowwise }.map(\.cells),
      rowwise: edits.filter(\.isRowwise).map(\.cells) + reached
        + ofSources.map { crossed($0) { Array(0..<$0) } },
      captures: request.captures.map { isOwn($0) ? $0 : crossed($0) { [$0 - 1] } },
      measured: measured(request),
      start: request.caches?.map(\.count) ?? request.inputs.map { _ in 0 }, hasBase: hasBase,
      isCausal: architecture.isCausal,
      windows: (0..<architecture.layers).map(architecture.window), keys: keys)
  }

  /// The positions whose last rows are needed for the logits of a request: those that it names, or
  /// all where outputs are made of all together.
  func measured(_ request: Request) -> [[Int]]? {
    guard architecture.poolsPositions else { return request.logits }
    return request.logits.map { logits in
      zip(logits, request.inputs).map { $0.isEmpty ? [] : Array(0..<$1.length) }
    }
  }

  /// Runs a plan of the request.
  ///
  /// - Parameter memory: what a decoder's cross-attention reads
  func execute(
    _ plan: RowPlan, _ request: Request, base: [StoredRun]?, memory: SourceMemory? = nil
  ) throws -> Run {
    let visitor = Visitor(request, architecture: architecture)
    let last = try stages(plan, request, visitor, base: base, memory: memory)
    let (logits, loss) = outputs(last, plan, request, visitor)
    return Run(logits: logits, loss: loss, captures: captures(visitor, request))
  }

  private func captures(_ visitor: Visitor, _ request: Request) -> [Tensor] {
    zip(visitor.captured, request.captures).map { captured, cells in
      captured
        ?? .zeros([
          0,
          architecture.dimensions(of: cells.component, layer: cells.layer)!
            .inRun(longest: visitor.room(for: cells.component)).columns(head: cells.head).count,
        ])
    }
  }

  /// Runs the planned stages; the rows of the last stage, when it has any.
  private func stages(
    _ plan: RowPlan, _ request: Request, _ visitor: Visitor, base: [StoredRun]?,
    memory: SourceMemory?
  ) throws -> Tensor? {
    let angles = AngleCache()
    var carried: Tensor?
    guard plan.first <= plan.last else { return nil }
    for stage in plan.first...plan.last {
      let rows = plan.stages[stage]
      guard !rows.isEmpty else {
        carried = nil
        continue
      }
      var residual = try assemble(stage, plan, request, visitor, carried: carried, base: base)
      if stage > 0 { residual = visitor.visit(.blockOutput, stage - 1, residual, rows) }
      guard stage < architecture.layers else { return residual }
      residual = visitor.visit(.blockInput, stage, residual, rows)
      guard plan.runs[stage] else {
        carried = nil
        continue
      }
      let context = BlockContext(
        layer: stage, plan: plan, visitor: visitor, stored: request.caches ?? base,
        growing: request.caches, angleCache: angles, memory: memory)
      if request.recomputesBlocks, !visitor.isCaptured(inside: stage) {
        carried = residual.recomputing { [architecture] rows in
          defer { visitor.forget(stage) }
          return architecture.block(stage, rows, context)
        }
      } else {
        carried = architecture.block(stage, residual, context)
      }
    }
    return nil
  }

  /// The rows of a stage: those carried from the block below and those that enter there.
  private func assemble(
    _ stage: Int, _ plan: RowPlan, _ request: Request, _ visitor: Visitor, carried: Tensor?,
    base: [StoredRun]?
  ) throws -> Tensor {
    let rows = plan.stages[stage]
    if stage == 0 {
      return try architecture.embed(
        request.inputs, positions: rows.positions, OuterContext(visitor, layer: 0, rows: rows))
    }
    let entering = plan.entering[stage]
    if entering.allSatisfy(\.isEmpty), let carried {
      let below = plan.outputs[stage - 1]
      return below == rows ? carried : carried.gatherRows(below.rows(of: rows.positions))
    }
    guard let base else {
      programmerError("run: rows enter at stage \(stage) without a stored base run")
    }
    let entered = Tensor.concatenatingRows(
      zip(base, entering).compactMap { record, positions in
        positions.isEmpty ? nil : record.residual(stage, at: positions)
      })
    guard let carried else { return entered }
    let below = plan.outputs[stage - 1]
    let enteredRows = RowSet(entering)
    let order = rows.positions.enumerated().flatMap { sequence, positions in
      positions.map { position in
        below.row(sequence, position) ?? below.count + enteredRows.row(sequence, position)!
      }
    }
    return Tensor.concatenatingRows([carried, entered]).gatherRows(order)
  }

  /// A request for the logits of each input's output position: the last one of a decoder, the first
  /// of a classifier, the mask of a masked-language model.
  public func measuring(
    _ inputs: [ModelInput], edits: [Edit] = [], outputs: [Int]? = nil
  ) -> Request {
    Request(
      inputs, edits: edits, logits: inputs.map { [architecture.outputPosition(of: $0)] },
      outputs: outputs)
  }
}

import Tensors

/// A frozen network that can be run with edits and captures.
public final class Model: Sendable {
  public let architecture: any Architecture

  public init(_ architecture: any Architecture) {
    self.architecture = architecture
  }

  /// Runs a batch and returns what the request asks for; only cells that can change and that reach
  /// something asked for are computed.
  ///
  /// - Parameters:
  ///   - request: the sequences, edits, captures and measured positions
  ///   - store: where base runs of a frozen model are kept; with it, what no edit can reach is read
  ///     instead of computed, and the result is the same
  /// - Throws: ``ModelError`` for a layer, head, position or input that the model doesn't have.
  public func run(_ request: Request, store: ActivationStore? = nil) throws -> Run {
    try validate(request)
    precondition(
      store == nil || request.caches == nil, "run: a growing cache and a store exclude one another")
    let start = request.caches?.map(\.count) ?? request.inputs.map { _ in 0 }
    let plan = RowPlan(
      lengths: request.inputs.map(\.length), layers: architecture.layers,
      edits: request.edits.map(\.cells), captures: request.captures, measured: request.logits,
      start: start, hasBase: store != nil, isCausal: architecture.isCausal,
      fillsCaches: request.caches != nil)
    let base = try store?.records(for: request.inputs, plan: plan, of: self)
    let visitor = Visitor(request, architecture: architecture)
    let last = try execute(plan, request, visitor, base: base)
    for (sequence, cache) in (request.caches ?? []).enumerated() {
      cache.advance(by: request.inputs[sequence].length - start[sequence])
    }
    let measured = request.logits.map { measured in
      let rows = plan.stages[architecture.layers].rows(of: measured)
      return last.map { architecture.logits($0.gatherRows(rows)) }
        ?? .zeros([0, architecture.outputs])
    }
    let captures = zip(visitor.captured, request.captures).map { captured, cells in
      captured
        ?? .zeros([
          0, architecture.dimensions(of: cells.component)!.columns(head: cells.head).count,
        ])
    }
    return Run(logits: measured, captures: captures)
  }

  /// Runs the planned stages; the rows of the last stage, when it has any.
  private func execute(
    _ plan: RowPlan, _ request: Request, _ visitor: Visitor, base: [StoredRun]?
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
      var residual = try assemble(stage, plan, request, carried: carried, base: base)
      if stage > 0 { residual = visitor.visit(.blockOutput, stage - 1, residual, rows) }
      guard stage < architecture.layers else { return residual }
      residual = visitor.visit(.blockInput, stage, residual, rows)
      // Keys and values are made, and can be read, without a row of the block's output.
      guard !plan.outputs[stage].isEmpty || request.caches != nil || visitor.readsInside(stage)
      else {
        carried = nil
        continue
      }
      let context = BlockContext(
        layer: stage, plan: plan, visitor: visitor, caches: request.caches ?? base?.map(\.cache),
        grows: request.caches != nil, angleCache: angles)
      carried = architecture.block(stage, residual, context)
    }
    return nil
  }

  /// The rows of a stage: those carried from the block below and those that enter there.
  private func assemble(
    _ stage: Int, _ plan: RowPlan, _ request: Request, carried: Tensor?, base: [StoredRun]?
  ) throws -> Tensor {
    let rows = plan.stages[stage]
    if stage == 0 { return try architecture.embed(request.inputs, positions: rows.positions) }
    let entering = plan.entering[stage]
    if entering.allSatisfy(\.isEmpty), let carried {
      let below = plan.outputs[stage - 1]
      return below == rows ? carried : carried.gatherRows(below.rows(of: rows.positions))
    }
    guard let base else {
      preconditionFailure("run: rows enter at stage \(stage) without a stored base run")
    }
    let entered = Tensor.concatenatingRows(
      zip(base, entering).compactMap { record, positions in
        positions.isEmpty ? nil : record.residual(stage).gatherRows(positions)
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

  /// Checks a site against this model.
  ///
  /// - Throws: ``ModelError`` naming the layer, head or component that it doesn't have.
  public func validate(_ component: Component, layer: Int, head: Int? = nil) throws {
    guard (0..<architecture.layers).contains(layer) else {
      throw ModelError.layerOutOfRange(layer: layer, layers: architecture.layers)
    }
    guard let dimensions = architecture.dimensions(of: component),
      head == nil || dimensions.heads != nil
    else {
      throw ModelError.noSuchComponent(
        component: (head == nil ? "" : "head_") + component.rawValue,
        architecture: architecture.name)
    }
    if let head, let heads = dimensions.heads, !(0..<heads).contains(head) {
      throw ModelError.headOutOfRange(head: head, heads: heads, site: component.rawValue)
    }
  }

  /// The width of the vectors at a site: that of one head when the site names one.
  ///
  /// - Throws: ``ModelError`` when the model has no such site.
  public func width(of site: Site) throws -> Int {
    try validate(site.component, layer: site.layer, head: site.head)
    return architecture.dimensions(of: site.component)!.columns(head: site.head).count
  }

  private func validate(_ request: Request) throws {
    for input in request.inputs {
      guard (1...architecture.maximumLength).contains(input.length) else {
        throw ModelError.invalidLength(
          length: input.length, maximum: architecture.maximumLength)
      }
    }
    for cells in request.edits.map(\.cells) + request.captures {
      try validate(cells.component, layer: cells.layer, head: cells.head)
      try validate(cells.positions, request)
    }
    if let logits = request.logits { try validate(logits, request) }
  }

  private func validate(_ positions: [[Int]], _ request: Request) throws {
    precondition(
      positions.count == request.inputs.count,
      "run: expected positions for \(request.inputs.count) sequences, got \(positions.count)")
    for (sequence, list) in positions.enumerated() {
      let length = request.inputs[sequence].length
      let start = request.caches?[sequence].count ?? 0
      for position in list where !(start..<length).contains(position) {
        throw ModelError.positionOutOfRange(position: position, length: length)
      }
    }
  }
}

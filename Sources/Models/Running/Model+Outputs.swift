import InterchangeBasics
import InterchangeTensors

extension Model {
  /// The wanted logits, or the loss where there are targets.
  ///
  /// - Parameter last: the rows of the last stage; nil when there are none
  func outputs(
    _ last: Tensor?, _ plan: RowPlan, _ request: Request, _ visitor: Visitor
  ) -> (logits: Tensor?, loss: Tensor?) {
    let count = request.logits?.reduce(0) { $0 + $1.count } ?? 0
    require(
      request.targets.map { $0.count == count } ?? true,
      "run: \(count) wanted positions, \(request.targets?.count ?? 0) targets")
    let all = last.flatMap { visitedOutputs($0, plan, request, visitor) }
    guard request.logits != nil else { return (nil, nil) }
    if let targets = request.targets {
      let loss =
        all?.crossEntropy(targets)
        ?? last.map {
          architecture.crossEntropy(measuredRows($0, plan, request), targets: targets)
        }
      return (nil, loss)
    }
    let logits =
      all
      ?? last.map {
        architecture.logits(measuredRows($0, plan, request), outputs: request.outputs)
      }
    return (logits ?? .zeros([0, request.outputs?.count ?? architecture.outputs]), nil)
  }

  /// The cells of what the head reads and gives that a request edits or reads.
  private func headCells(_ request: Request) -> [Cells] {
    (request.edits.filter { !$0.isRowwise }.map(\.cells) + request.captures).filter {
      $0.component.isOfHead
    }
  }

  /// Tells whether a request wants any outputs or reads them.
  func hasOutputs(_ request: Request) -> Bool {
    request.logits != nil || request.captures.contains { $0.component == .logits }
  }

  /// The rows of which a request has outputs, or what they are made of, computed.
  func headRows(_ request: Request) -> RowSet {
    let cells = headCells(request)
    let measured = measured(request) ?? request.inputs.map { _ in [] }
    return RowSet(
      measured.enumerated().map { sequence, measured in
        Set(measured + cells.flatMap { $0.positions[sequence] }).sorted()
      })
  }

  /// The number of rows of which outputs are computed.
  func outputRowCount(_ request: Request) -> Int {
    headCells(request).isEmpty
      ? request.logits?.reduce(0) { $0 + $1.count } ?? 0 : headRows(request).count
  }

  /// The wanted logits when somebody reads or edits what the head reads or gives; nil when nobody
  /// does.
  private func visitedOutputs(
    _ last: Tensor, _ plan: RowPlan, _ request: Request, _ visitor: Visitor
  ) -> Tensor? {
    let layer = architecture.layers - 1
    guard Component.allCases.contains(where: { $0.isOfHead && visitor.concerns($0, layer) }) else {
      return nil
    }
    let rows = headRows(request)
    // What edits do to outputs may depend on all of them.
    let choosesLast = visitor.concerns(.logits, layer)
    let context = OuterContext(
      visitor, layer: layer, rows: rows, needsOutputs: hasOutputs(request))
    var logits = architecture.logits(
      last.gatherRows(plan.stages[architecture.layers].rows(of: rows.positions)),
      outputs: choosesLast || request.targets != nil ? nil : request.outputs, context)
    guard context.needsOutputs else { return nil }
    logits = visitor.visit(.logits, layer, logits, rows)
    guard let wanted = request.logits else { return nil }
    let measured = logits.gatherRows(rows.rows(of: wanted))
    guard choosesLast, request.targets == nil, let outputs = request.outputs else {
      return measured
    }
    return measured.transposed().gatherRows(outputs).transposed()
  }

  /// The rows from which the logits of a request are made, out of those of the last stage.
  private func measuredRows(_ last: Tensor, _ plan: RowPlan, _ request: Request) -> Tensor {
    let logits = request.logits ?? []
    let rows = plan.stages[architecture.layers].rows(of: measured(request) ?? [])
    guard architecture.poolsPositions else { return last.gatherRows(rows) }
    let asked = logits.indices.filter { !logits[$0].isEmpty }
    let pooled = architecture.pooled(
      last.gatherRows(rows), lengths: asked.map { request.inputs[$0].length })
    return pooled.gatherRows(
      asked.enumerated().flatMap { row, sequence in logits[sequence].map { _ in row } })
  }
}

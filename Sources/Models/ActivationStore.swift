import Tensors

/// One sequence's base run: its keys and values at all layers, and its residual stream at some stages.
final class StoredRun {
  let cache: KeyValueCache
  private(set) var residuals: [Int: Tensor] = [:]

  init(cache: KeyValueCache) { self.cache = cache }

  /// The residual stream before a block, or before the final norm: [length, width].
  func residual(_ stage: Int) -> Tensor {
    guard let rows = residuals[stage] else {
      preconditionFailure("activation store: stage \(stage) is not kept")
    }
    return rows
  }

  func keep(_ rows: Tensor, stage: Int) { residuals[stage] = rows }

  var byteCount: Int { residuals.values.reduce(cache.byteCount) { $0 + 4 * $1.count } }
}

/// Keeps base runs of a frozen model, so that an experiment computes only what its edits can change.
///
/// Inputs that are equal share one record. The store belongs to one model: its weights must not change
/// while it is in use.
public final class ActivationStore {
  private var records: [ModelInput: StoredRun] = [:]
  /// Stages that every new record keeps, besides those a run turns out to need.
  private let stages: Set<Int>
  /// How many sequences a base run takes at a time.
  private let batch = 16

  /// - Parameter stages: residual streams that are known to be needed: stage s is the input of block
  ///   s, the number of layers that of the final norm. What turns out to be missing costs another
  ///   base run.
  public init(keeping stages: some Sequence<Int> = []) {
    self.stages = Set(stages)
  }

  /// A store for experiments at some sites of a model whose plain outputs are measured too.
  public convenience init(for sites: [Site], of model: Model) {
    self.init(keeping: sites.map { Cells($0, positions: []).stage } + [model.architecture.layers])
  }

  /// Bytes of all stored rows.
  public var byteCount: Int { records.values.reduce(0) { $0 + $1.byteCount } }

  /// Base runs for the inputs of a planned run, computed where they are missing.
  func records(for inputs: [ModelInput], plan: RowPlan, of model: Model) throws -> [StoredRun] {
    let needed = Set(
      plan.entering.indices.filter { $0 > 0 && plan.entering[$0].contains { !$0.isEmpty } })
    var missing: [ModelInput] = []
    var listed: Set<ModelInput> = []
    for input in inputs where listed.insert(input).inserted {
      let kept = records[input].map { Set($0.residuals.keys) }
      if kept == nil || !needed.isSubset(of: kept!) { missing.append(input) }
    }
    for start in stride(from: 0, to: missing.count, by: batch) {
      let part = Array(missing[start..<min(start + batch, missing.count)])
      try compute(part, stages: needed.union(stages), of: model)
    }
    return inputs.map { records[$0]! }
  }

  private func compute(_ inputs: [ModelInput], stages: Set<Int>, of model: Model) throws {
    let layers = model.architecture.layers
    let kept = stages.union(inputs.flatMap { records[$0].map { Array($0.residuals.keys) } ?? [] })
      .filter { $0 > 0 && $0 <= layers }.sorted()
    let everywhere = inputs.map { Array(0..<$0.length) }
    var request = Request(inputs)
    request.captures = kept.map { Cells(.blockOutput, layer: $0 - 1, positions: everywhere) }
    // The last position of the topmost block: so that every layer's keys and values are made.
    request.captures.append(
      Cells(.blockOutput, layer: layers - 1, positions: inputs.map { [$0.length - 1] }))
    request.caches = inputs.map { _ in KeyValueCache(layers: layers) }
    let run = try model.run(request)
    let rows = RowSet(everywhere)
    for (sequence, input) in inputs.enumerated() {
      let record = StoredRun(cache: request.caches![sequence])
      for (stage, rowsOfStage) in zip(kept, run.captures) {
        record.keep(rowsOfStage.detached.rowSlice(rows.range(sequence)).copied(), stage: stage)
      }
      records[input] = record
    }
  }
}

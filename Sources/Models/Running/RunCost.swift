/// The cost of a run, derived from its plan alone, before anything is computed.
public struct RunCost: Equatable, Sendable, Codable {
  /// Rows of blocks: (layer, sequence, position) cells whose output is computed.
  public var rows = 0
  /// Floating-point operations of the matrix products.
  public var operations = 0.0
  /// Bytes of weights that are read, as they are stored.
  public var weightBytes = 0.0

  /// No cost.
  public init() {}

  init(rows: Int, operations: Double, weightBytes: Double) {
    (self.rows, self.operations, self.weightBytes) = (rows, operations, weightBytes)
  }

  /// The cost of two runs.
  public static func + (a: RunCost, b: RunCost) -> RunCost {
    RunCost(
      rows: a.rows + b.rows, operations: a.operations + b.operations,
      weightBytes: a.weightBytes + b.weightBytes)
  }
}

extension Model {
  /// The cost of each block for a request, and last that of the output.
  ///
  /// - Parameter hasStore: whether base runs are stored, so that only the cone of the edits is
  ///   computed
  /// - Throws: ``ModelError`` when the request doesn't fit the model.
  public func costs(of request: Request, hasStore: Bool) throws -> [RunCost] {
    try validate(request)
    if let stacks { return try stacks.costs(of: request, hasStore: hasStore) }
    return costs(of: request, plan(request, hasBase: hasStore, keys: grownKeys(request)))
  }

  /// The cost of each block of a planned run, and last that of the output.
  func costs(of request: Request, _ plan: RowPlan) -> [RunCost] {
    let weights = architecture.listedWeights
    var byLayer: [Int: [WeightSlot]] = [:]
    for slot in weights {
      for use in 0..<slot.uses { byLayer[(slot.layer ?? -1) + use, default: []].append(slot) }
    }
    let blocks = plan.runs.indices.filter { plan.runs[$0] }.map { block in
      let outputs = plan.outputs[block]
      let pairs = outputs.positions.enumerated().reduce(0) { total, sequence in
        let length = request.inputs[sequence.offset].length
        let window = architecture.window(of: block)
        return total
          + sequence.element.reduce(0) {
            $0
              + (window?.count(from: $1, length: length)
                ?? (architecture.isCausal ? $1 + 1 : length))
          }
      }
      // Keys and values of sources as if none were known.
      let sources = outputs.positions.enumerated().map { sequence, rows in
        (length: request.inputs[sequence].source?.length ?? 0, rows: rows.count)
      }
      return architecture.blockCost(
        byLayer[block] ?? [], keyRows: plan.stages[block].count, outputRows: outputs.count,
        pairs: pairs,
        sourceRows: sources.reduce(0) { $0 + ($1.rows > 0 ? $1.length : 0) },
        sourcePairs: sources.reduce(0) { $0 + $1.rows * $1.length })
    }
    guard hasOutputs(request) else { return blocks }
    let isOfAll = (request.edits.map(\.cells) + request.captures).contains {
      $0.component == .logits
    }
    return blocks + [
      architecture.outputCost(
        weights, rows: outputRowCount(request),
        outputs: isOfAll ? architecture.outputs : request.outputs?.count ?? architecture.outputs)
    ]
  }
}

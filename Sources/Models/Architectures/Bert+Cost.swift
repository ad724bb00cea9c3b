import InterchangeBasics
import InterchangeTensors

extension Bert {
  public func blockCost(
    _ index: Int, keyRows: Int, outputRows: Int, pairs: Int
  ) -> RunCost {
    let layer = blocks[index]
    let mixing = 4 * Double(configuration.width) * Double(pairs)
    var cost = RunCost(rows: outputRows, operations: mixing, weightBytes: 0)
    for (rows, projections) in [
      (keyRows, [layer.key, layer.value]),
      (outputRows, [layer.query, layer.output, layer.up, layer.down]),
    ] where rows > 0 {
      for projection in projections { cost = cost + projection.weight.cost(rows: rows) }
    }
    return cost
  }

  public func outputCost(rows: Int, outputs: Int) -> RunCost {
    let (before, last): (LinearMap?, LinearMap) =
      switch head {
      case .vocabulary(let transform, _, _, let decoder): (transform, decoder)
      case .labels(let dense, let output): (dense, output)
      case nil: programmerError("outputCost: this \(name) model has no head")
      }
    let all = last.weight.cost(rows: rows)
    let share = Double(outputs) / Double(self.outputs)
    let wanted = RunCost(
      rows: 0, operations: all.operations * share, weightBytes: all.weightBytes * share)
    return before.map { $0.weight.cost(rows: rows) + wanted } ?? wanted
  }

  public var parameterCount: Int {
    words.count + smallTables + projections.reduce(0) { $0 + $1.count }
      + (isTied ? tiedDecoderBias : 0)
  }

  public var weightBytes: Int {
    words.byteCount + 4 * smallTables + projections.reduce(0) { $0 + $1.byteCount }
      + (isTied ? 4 * tiedDecoderBias : 0)
  }

  /// Both norms' inputs, queries, keys and values, and the MLP's hidden vector.
  public var recordedWidth: Int { 5 * configuration.width + configuration.hiddenWidth }

  /// Numbers that are always float32: positions, types and norms.
  private var smallTables: Int {
    var norms = [embeddingNorm] + blocks.flatMap(\.norms)
    if case .vocabulary(_, let norm, _, _) = head { norms.append(norm) }
    return positions.count + types.count + norms.reduce(0) { $0 + $1.count }
  }

  /// All projections, each once.
  private var projections: [LinearMap] {
    var all = blocks.flatMap(\.projections)
    switch head {
    case .vocabulary(let transform, _, _, let decoder):
      all += [transform] + (isTied ? [] : [decoder])
    case .labels(let dense, let output):
      all += [output] + (readsPooler ? [] : [dense].compactMap { $0 })
    case nil: break
    }
    return all + [pooler].compactMap { $0 }
  }

  /// Whether what a classifier has before its last map is the pooler, as in BERT.
  var readsPooler: Bool { configuration.family == .bert && pooler != nil }

  private var tiedDecoderBias: Int {
    if case .vocabulary(_, _, _, let decoder) = head { decoder.bias?.count ?? 0 } else { 0 }
  }
}

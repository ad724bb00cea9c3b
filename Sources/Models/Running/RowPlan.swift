import InterchangeBasics

/// The (sequence, position) cells that a packed matrix holds: row by row, sequence by sequence.
package struct RowSet: Equatable {
  /// Rising positions for each sequence.
  package let positions: [[Int]]
  /// The first row of each sequence, then the number of rows.
  package let starts: [Int]

  package init(_ positions: [[Int]]) {
    self.positions = positions
    var starts = [0]
    for list in positions { starts.append(starts[starts.count - 1] + list.count) }
    self.starts = starts
  }

  package var count: Int { starts[starts.count - 1] }
  package var isEmpty: Bool { count == 0 }
  var flattened: [Int] { positions.flatMap { $0 } }

  package func range(_ sequence: Int) -> Range<Int> { starts[sequence]..<starts[sequence + 1] }

  /// The row of a cell, or nil when it isn't held.
  package func row(_ sequence: Int, _ position: Int) -> Int? {
    let list = positions[sequence]
    guard let first = list.first else { return nil }
    let guess = position - first
    if guess >= 0 && guess < list.count && list[guess] == position {
      return starts[sequence] + guess
    }
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if list[middle] < position { low = middle + 1 } else { high = middle }
    }
    return low < list.count && list[low] == position ? starts[sequence] + low : nil
  }

  /// Those of some cells that this set holds.
  func held(_ cells: [[Int]]) -> [[Int]] {
    cells.enumerated().map { sequence, list in
      list.filter { row(sequence, $0) != nil }
    }
  }

  /// The rows of another set's cells in this one; every cell must be held.
  package func rows(of other: [[Int]]) -> [Int] {
    var result: [Int] = []
    for (sequence, list) in other.enumerated() {
      for position in list {
        guard let row = row(sequence, position) else {
          programmerError("row plan: cell (\(sequence), \(position)) is not computed")
        }
        result.append(row)
      }
    }
    return result
  }
}

/// The cells that a run computes, stage by stage: those that the edits can change (above and after
/// them) and that reach something asked for. Everything else is known or doesn't matter.
///
/// Stage s is the residual stream before block s; the last stage is the one before the final norm.
package struct RowPlan {
  /// The rows at each stage. Up to the last stage they are contiguous positions, whose keys the
  /// block makes; at the last stage they are just those asked for.
  package let stages: [RowSet]
  /// For each block the rows of its output that are needed.
  package let outputs: [RowSet]
  /// For each stage the cells that come from the stored base run, or from the embedding at stage 0.
  package let entering: [[[Int]]]
  /// For each block and sequence how many leading positions are known there.
  package let known: [[Int]]
  /// For each layer and sequence of how many leading positions keys and values are wanted.
  package let keys: [[Int]]?
  /// Tells whether each block is computed: for its output, its keys and values, or what is inside.
  package let runs: [Bool]
  /// The first and last stage that have rows.
  package let first: Int
  package let last: Int

  /// - Parameters:
  ///   - lengths: each sequence's number of positions
  ///   - layers: the model's number of blocks
  ///   - edits: the edited cells
  ///   - rowwise: cells of edits that are made only where their rows are needed for something else
  ///   - captures: the cells to be read
  ///   - measured: positions whose logits are wanted
  ///   - start: for each sequence how many leading positions the caller knows at all layers
  ///   - hasBase: whether a base run is stored: cells that no edit can reach come from it
  ///   - isCausal: whether positions see only earlier ones
  ///   - windows: by layer, how far its positions see; nil: all see everything
  ///   - keys: for each layer and sequence of how many leading positions keys and values are wanted
  package init(
    lengths: [Int], layers: Int, edits: [Cells], rowwise: [Cells] = [], captures: [Cells],
    measured: [[Int]]?, start: [Int], hasBase: Bool, isCausal: Bool,
    windows: [AttentionWindow?]? = nil, keys: [[Int]]? = nil
  ) {
    let sequences = lengths.indices
    let windows = windows ?? Array(repeating: nil, count: layers)
    let touched = CellsByStage(edits + captures, layers: layers)
    let reach = Reach(
      edits: CellsByStage(edits + rowwise, layers: layers),
      captures: CellsByStage(captures, layers: layers),
      start: start, hasBase: hasBase, isCausal: isCausal, windows: windows)
    let empty = RowSet(sequences.map { _ in [] })
    var stages = Array(repeating: empty, count: layers + 1)
    var outputs = Array(repeating: empty, count: layers)
    // The last stage holds just what is asked for; clean cells there enter from the base run.
    stages[layers] = RowSet(
      sequences.map { sequence in
        Self.merged(
          measured?[sequence] ?? [], touched.entering[layers].map { $0.positions[sequence] })
      })
    for block in stride(from: layers - 1, through: 0, by: -1) {
      let above = stages[block + 1].positions
      let (entering, inside) = (touched.entering[block], touched.inside[block])
      var blockRows: [[Int]] = []
      var outputRows: [[Int]] = []
      for sequence in sequences {
        let changed = reach.changed[block][sequence]
        let carried =
          above[sequence].allSatisfy(changed.contains)
          ? above[sequence] : above[sequence].filter(changed.contains)
        let output = Self.merged(
          carried,
          inside.filter { !$0.component.isKeySide }.map { $0.positions[sequence] },
          isSorted: true)
        outputRows.append(output)
        let own = entering.flatMap { $0.positions[sequence] }
        let from = reach.from[block][sequence]
        let lastKey = (keys?[block][sequence] ?? 0) - 1
        blockRows.append(
          Self.rows(
            output, own, wantedKeys: lastKey >= from ? lastKey : nil, from: from,
            length: lengths[sequence], isCausal: isCausal,
            window: hasBase || !isCausal ? windows[block] : nil, hasBase: hasBase))
      }
      stages[block] = RowSet(blockRows)
      outputs[block] = RowSet(outputRows)
    }
    (self.stages, self.outputs, self.keys) = (stages, outputs, keys)
    entering = (0...layers).map { stage in
      guard stage > 0 else { return stages[0].positions }
      return zip(stages[stage].positions, outputs[stage - 1].positions).map { rows, carried in
        if rows.isEmpty || rows == carried { return [] }
        let carried = Set(carried)
        return rows.filter { !carried.contains($0) }
      }
    }
    known = stages.dropLast().map { stage in stage.positions.map { $0.first ?? 0 } }
    runs = (0..<layers).map { block in
      guard !stages[block].isEmpty else { return false }
      return !outputs[block].isEmpty || (keys?[block].contains { $0 > 0 } ?? false)
        || captures.contains { $0.layer == block && $0.isInside }
    }
    first = stages.firstIndex { !$0.isEmpty } ?? layers
    last = stages.lastIndex { !$0.isEmpty } ?? first
  }

  /// The rows that a block needs of one sequence.
  ///
  /// - Parameters:
  ///   - output: those whose output is needed
  ///   - own: those that are edited or read on their way in, or inside
  ///   - wantedKeys: the last position whose keys are wanted
  ///   - from: the first position that isn't known
  ///   - window: how far the block sees
  private static func rows(
    _ output: [Int], _ own: [Int], wantedKeys: Int?, from: Int, length: Int, isCausal: Bool,
    window: AttentionWindow?, hasBase: Bool
  ) -> [Int] {
    let last = [output.last, own.max(), wantedKeys].compactMap(\.self).max()
    guard let last else { return [] }
    guard isCausal || window != nil else { return Array(0..<length) }
    let top = isCausal ? last : min(length - 1, max(last, (output.last ?? 0) + window!.after))
    // To both sides a row may see a change that comes after it.
    let from = min(from, output.first ?? from)
    var first = from
    if hasBase, wantedKeys == nil, let window {
      // What no needed row sees isn't computed, though it may have changed.
      let seen = output.first.map { $0 - window.before } ?? last
      first = max(from, min(seen, own.min() ?? last))
    }
    require(first <= top, "row plan: rows from \(first) to \(top)")
    return Array(first...top)
  }

  /// Rising positions out of several lists, each once.
  private static func merged(
    _ first: [Int], _ others: [[Int]], isSorted: Bool = false
  ) -> [Int] {
    let more = others.joined()
    if more.isEmpty && (isSorted || first.count < 2) { return first }
    return Set(first + more).sorted()
  }
}

/// Cells by where they first matter.
private struct CellsByStage {
  /// By stage, those whose rows must be there: all that enter a block, or are made by the one
  /// below.
  var entering: [[Cells]]
  /// By layer, those between a block's input and its output.
  var inside: [[Cells]]

  init(_ cells: [Cells], layers: Int) {
    entering = Array(repeating: [], count: layers + 1)
    inside = Array(repeating: [], count: layers)
    for cells in cells {
      entering[cells.stage].append(cells)
      if cells.isInside { inside[cells.layer].append(cells) }
    }
  }
}

/// The positions that edits change.
private struct Reach {
  /// By block and sequence, the rows of its output that can be others than those of the base run,
  /// before what is edited there; none: an empty range.
  private(set) var changed: [[Range<Int>]] = []
  /// By block and sequence, from which position on its rows are computed, also to be read;
  /// `Int.max` where none is.
  private(set) var from: [[Int]] = []

  init(
    edits: CellsByStage, captures: CellsByStage, start: [Int], hasBase: Bool, isCausal: Bool,
    windows: [AttentionWindow?]
  ) {
    guard hasBase else {
      // Without a stored base run everything after what the caller knows is computed.
      changed = windows.map { _ in start.map { $0..<Int.max } }
      from = windows.map { _ in start }
      return
    }
    // The lowest and the highest changed row of the stage; none at first.
    var (low, high) = (start.map { _ in Int.max }, start.map { _ in -1 })
    for (block, window) in windows.enumerated() {
      for cells in edits.entering[block] {
        for (sequence, positions) in cells.positions.enumerated() {
          low[sequence] = min(low[sequence], positions.min() ?? .max)
          high[sequence] = max(high[sequence], positions.max() ?? -1)
        }
      }
      var computed = low
      for cells in captures.entering[block] {
        for (sequence, positions) in cells.positions.enumerated() {
          computed[sequence] = min(computed[sequence], positions.min() ?? .max)
        }
      }
      from.append(computed)
      // A block spreads a change as far as its positions see.
      for sequence in start.indices where high[sequence] >= 0 {
        if !isCausal { low[sequence] = max(0, low[sequence] - (window?.after ?? low[sequence])) }
        high[sequence] = window.map { min(high[sequence], Int.max / 2) + $0.before } ?? .max - 1
      }
      changed.append(
        zip(low, high).map { low, high in high < 0 ? 0..<0 : low..<high + 1 })
    }
  }
}

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
  ///   - keys: for each layer and sequence of how many leading positions keys and values are wanted
  package init(
    lengths: [Int], layers: Int, edits: [Cells], rowwise: [Cells] = [], captures: [Cells],
    measured: [[Int]]?, start: [Int], hasBase: Bool, isCausal: Bool, keys: [[Int]]? = nil
  ) {
    let sequences = lengths.indices
    let touched = CellsByStage(edits + captures, layers: layers)
    let reach = Reach(
      edits: CellsByStage(edits + rowwise, layers: layers),
      captures: CellsByStage(captures, layers: layers),
      start: start, hasBase: hasBase, isCausal: isCausal)
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
        let (low, changed) = (reach.from[block][sequence], reach.changed[block][sequence])
        let carried =
          above[sequence].first ?? .max >= changed
          ? above[sequence] : above[sequence].filter { $0 >= changed }
        let output = Self.merged(
          carried,
          inside.filter { !$0.component.isKeySide }.map { $0.positions[sequence] },
          isSorted: true)
        outputRows.append(output)
        var highest = output.last ?? -1
        for cells in entering { highest = max(highest, cells.positions[sequence].max() ?? -1) }
        let lastKey = (keys?[block][sequence] ?? 0) - 1
        if lastKey >= low { highest = max(highest, lastKey) }
        guard highest >= 0 else {
          blockRows.append([])
          continue
        }
        let top = isCausal ? highest : lengths[sequence] - 1
        require(low <= top, "row plan: rows from \(low) to \(top) at stage \(block)")
        blockRows.append(Array(low...top))
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

/// By stage and sequence, from which position on an edit changes what the stage's block makes, and
/// from which on cells are computed there, also to be read; `Int.max` where none is.
private struct Reach {
  private(set) var changed: [[Int]] = []
  private(set) var from: [[Int]] = []

  init(
    edits: CellsByStage, captures: CellsByStage, start: [Int], hasBase: Bool, isCausal: Bool
  ) {
    guard hasBase else {
      // Without a stored base run everything after what the caller knows is computed.
      changed = Array(repeating: start, count: edits.entering.count)
      from = changed
      return
    }
    func lower(_ reach: inout [Int], _ cells: Cells) {
      for (sequence, positions) in cells.positions.enumerated() {
        guard let lowest = positions.min() else { continue }
        reach[sequence] = min(reach[sequence], isCausal ? lowest : 0)
      }
    }
    var reached = start.map { _ in Int.max }
    for (edited, read) in zip(edits.entering, captures.entering) {
      for cells in edited { lower(&reached, cells) }
      changed.append(reached)
      var computed = reached
      for cells in read { lower(&computed, cells) }
      from.append(computed)
    }
  }
}

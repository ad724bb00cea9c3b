import InterchangeModels
import Testing

/// The cells that a run computes, for models of three layers.
@Suite struct RowPlanTests {
  private func plan(
    _ lengths: [Int], edits: [Cells] = [], captures: [Cells] = [], measured: [[Int]]? = nil,
    start: [Int]? = nil, hasBase: Bool = false, isCausal: Bool = true, keys: [[Int]]? = nil
  ) -> RowPlan {
    RowPlan(
      lengths: lengths, layers: 3, edits: edits, captures: captures, measured: measured,
      start: start ?? lengths.map { _ in 0 }, hasBase: hasBase, isCausal: isCausal,
      keys: keys)
  }

  private func stages(_ plan: RowPlan) -> [[[Int]]] { plan.stages.map(\.positions) }
  private func outputs(_ plan: RowPlan) -> [[[Int]]] { plan.outputs.map(\.positions) }

  @Test func plainRunComputesTheLastBlockForMeasuredRowsOnly() {
    let plan = plan([4, 2], measured: [[3], [0, 1]])
    #expect(
      stages(plan) == [[[0, 1, 2, 3], [0, 1]]] + [[[0, 1, 2, 3], [0, 1]]]
        + [[[0, 1, 2, 3], [0, 1]]] + [[[3], [0, 1]]])
    #expect(
      outputs(plan) == [[[0, 1, 2, 3], [0, 1]], [[0, 1, 2, 3], [0, 1]], [[3], [0, 1]]])
    #expect(plan.known == [[0, 0], [0, 0], [0, 0]])
    #expect(plan.entering[0] == [[0, 1, 2, 3], [0, 1]])
    #expect(plan.entering[1...].allSatisfy { $0 == [[], []] })
    #expect((plan.first, plan.last) == (0, 3))
  }

  @Test func nothingAfterTheLastMeasuredPosition() {
    let plan = plan([9], measured: [[2]])
    #expect(stages(plan) == [[[0, 1, 2]], [[0, 1, 2]], [[0, 1, 2]], [[2]]])
    let everything = self.plan([9], measured: [[2]], isCausal: false)
    #expect(stages(everything) == [[Array(0..<9)], [Array(0..<9)], [Array(0..<9)], [[2]]])
  }

  @Test func nothingAboveTheHighestCapture() {
    let plan = plan([3], captures: [Cells(.mlpOutput, layer: 1, positions: [[1]])])
    #expect(stages(plan) == [[[0, 1]], [[0, 1]], [[]], [[]]])
    #expect(outputs(plan) == [[[0, 1]], [[1]], [[]]])
    #expect((plan.first, plan.last) == (0, 1))
    // Keys are made of rows whose output nobody needs.
    let keys = self.plan([3], captures: [Cells(.keyOutput, layer: 1, positions: [[2]])])
    #expect(stages(keys) == [[[0, 1, 2]], [[0, 1, 2]], [[]], [[]]])
    #expect(outputs(keys) == [[[0, 1, 2]], [[]], [[]]])
  }

  @Test func nothingAskedForNothingComputed() {
    let plan = plan([5, 3])
    #expect(plan.stages.allSatisfy { $0.isEmpty })
    #expect(plan.last == plan.first)
  }

  @Test func theConeOfAnEdit() {
    let edit = Cells(.blockOutput, layer: 1, positions: [[6]])
    let plan = plan([9], edits: [edit], measured: [[8]], hasBase: true)
    #expect(stages(plan) == [[[]], [[]], [[6, 7, 8]], [[8]]])
    #expect(plan.entering == [[[]], [[]], [[6, 7, 8]], [[]]])
    #expect(plan.known[2] == [6])
    #expect((plan.first, plan.last) == (2, 3))
  }

  @Test func editAtTheLastPositionTakesOneRowAStage() {
    let edit = Cells(.attentionOutput, layer: 0, positions: [[8], [4]])
    let plan = plan([9, 5], edits: [edit], measured: [[8], [4]], hasBase: true)
    #expect(plan.stages.map(\.count) == [2, 2, 2, 2])
    #expect(plan.known == [[8, 4], [8, 4], [8, 4]])
    // A bidirectional model: every position sees the edit.
    let wide = self.plan(
      [9, 5], edits: [edit], measured: [[8], [4]], hasBase: true, isCausal: false)
    #expect(wide.stages.map(\.count) == [14, 14, 14, 2])
    #expect(wide.known == [[0, 0], [0, 0], [0, 0]])
  }

  @Test func whatNoEditReachesEntersFromTheBaseRun() {
    let edit = Cells(.blockInput, layer: 1, positions: [[3], []])
    let capture = Cells(.blockOutput, layer: 1, positions: [[1], [0, 2]])
    let plan = plan(
      [5, 4], edits: [edit], captures: [capture], measured: [[2, 4], [3]], hasBase: true)
    #expect(
      stages(plan) == [[[], []], [[3, 4], []], [[1, 2, 3, 4], [0, 1, 2]], [[2, 4], [3]]])
    #expect(outputs(plan)[1] == [[3, 4], []])
    // The clean cells: 2 at the top enters there, [1, 2] and the second sequence at stage 2.
    #expect(plan.entering == [[[], []], [[3, 4], []], [[1, 2], [0, 1, 2]], [[2], [3]]])
  }

  @Test func aLaterEditAtAnEarlierPositionWidensTheConeFromThere() {
    let edits = [
      Cells(.mlpOutput, layer: 0, positions: [[5]]),
      Cells(.valueOutput, layer: 2, positions: [[1]]),
    ]
    let plan = plan([7], edits: edits, measured: [[6]], hasBase: true)
    #expect(stages(plan) == [[[5, 6]], [[5, 6]], [Array(1...6)], [[6]]])
    #expect(plan.entering == [[[5, 6]], [[]], [[1, 2, 3, 4]], [[]]])
    #expect(plan.known == [[5], [5], [1]])
  }

  @Test func generationComputesOneRow() {
    let plan = plan([8], measured: [[7]], start: [7], keys: [[8], [8], [8]])
    #expect(stages(plan) == [[[7]], [[7]], [[7]], [[7]]])
    #expect(plan.known == [[7], [7], [7]])
  }

  @Test func aGrowingCacheGetsEveryNewPosition() {
    let plan = plan(
      [6, 4], measured: [[3], []], start: [2, 4], keys: Array(repeating: [6, 4], count: 3))
    #expect(stages(plan)[..<3].allSatisfy { $0 == [[2, 3, 4, 5], []] })
    #expect(stages(plan)[3] == [[3], []])
    #expect(outputs(plan)[2] == [[3], []])
    // Also with nothing measured at all.
    let silent = self.plan([6], start: [0], keys: [[6], [6], [6]])
    #expect(stages(silent) == [[Array(0..<6)], [Array(0..<6)], [Array(0..<6)], [[]]])
  }

  /// A base run for a cone that begins at layer 2: nothing is made that it will not read.
  @Test func wantedKeysTakeTheRowsBelowThem() {
    let capture = Cells(.blockOutput, layer: 0, positions: [[5]])
    let plan = plan([6], captures: [capture], keys: [[0], [0], [5]])
    #expect(stages(plan) == [[Array(0...5)], [Array(0...5)], [Array(0...4)], [[]]])
    #expect(outputs(plan) == [[Array(0...5)], [Array(0...4)], [[]]])
    #expect(plan.runs == [true, true, true])
    let captureOnly = self.plan([6], captures: [capture], hasBase: true)
    #expect(captureOnly.runs == [false, false, false])
    #expect(captureOnly.entering == [[[]], [[5]], [[]], [[]]])
  }

  @Test func rowsOfCells() {
    let rows = RowSet([[2, 3, 4], [], [0, 5, 9]])
    #expect(rows.count == 6)
    #expect(rows.starts == [0, 3, 3, 6])
    #expect((2...4).map { rows.row(0, $0) } == [0, 1, 2])
    #expect([0, 5, 9].map { rows.row(2, $0) } == [3, 4, 5])
    for (sequence, position) in [(0, 1), (0, 5), (1, 0), (2, 1), (2, 4), (2, 10)] {
      #expect(rows.row(sequence, position) == nil, "(\(sequence), \(position))")
    }
    #expect(rows.rows(of: [[4, 2], [], [9]]) == [2, 0, 5])
    #expect(rows.range(2) == 3..<6)
    #expect(RowSet([[], []]).isEmpty)
  }

  /// A block spreads a change no farther than it sees, and computes no row that no needed one sees.
  @Test func windowsNarrowTheCone() {
    func plan(
      _ edited: Int, measured: Int, length: Int, _ window: AttentionWindow?, isCausal: Bool = true
    ) -> RowPlan {
      RowPlan(
        lengths: [length], layers: 3,
        edits: [Cells(.blockOutput, layer: 0, positions: [[edited]])], captures: [],
        measured: [[measured]], start: [0], hasBase: true, isCausal: isCausal,
        windows: [nil, window, window])
    }
    let narrow = AttentionWindow(before: 3, after: 0)
    let inside = plan(4, measured: 10, length: 12, narrow)
    #expect(stages(inside) == [[[]], [Array(4...7)], [Array(7...10)], [[10]]])
    #expect(outputs(inside) == [[[]], [[7]], [[10]]])
    #expect(inside.entering == [[[]], [Array(4...7)], [Array(8...10)], [[]]])
    #expect(inside.known == [[0], [4], [7]])
    // Without a window all between the two is computed.
    #expect(stages(plan(4, measured: 10, length: 12, nil))[1] == [Array(4...10)])
    // Two blocks that see 3 positions don't reach over 7: just the edit itself is made.
    let beyond = plan(4, measured: 11, length: 12, narrow)
    #expect(stages(beyond) == [[[]], [[4]], [[]], [[11]]])
    #expect(beyond.runs == [false, false, false] && beyond.entering[3] == [[11]])
    // To both sides.
    let both = AttentionWindow(before: 1, after: 1)
    let encoder = plan(3, measured: 5, length: 8, both, isCausal: false)
    #expect(stages(encoder) == [[[]], [[3, 4, 5]], [[4, 5, 6]], [[5]]])
    #expect(outputs(encoder) == [[[]], [[4]], [[5]]])
    #expect(encoder.entering[2] == [[5, 6]] && encoder.known == [[0], [3], [4]])
    let before = plan(3, measured: 1, length: 8, both, isCausal: false)
    #expect(stages(before) == [[[]], [[2, 3]], [[1, 2]], [[1]]])
    #expect(outputs(before) == [[[]], [[2]], [[1]]] && before.entering[2] == [[1]])
  }
}

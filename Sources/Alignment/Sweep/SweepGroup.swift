import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The interchanges of a group of examples: every position, and the sources' values at all layers.
struct SweepGroup {
  struct Swap {
    let example: Int
    /// The index of the sweep's position.
    let column: Int
    let positions: [Int]
    /// The rows of its source vectors in ``sources``.
    let sourceRows: [Int]
  }

  let sweep: InterchangeSweep
  let examples: [AlignmentExample]
  let swaps: [Swap]
  /// The layers that are changed, rising.
  private let changed: [Int]
  /// By changed layer: the source values of all examples; empty for an intervention without
  /// sources.
  let sources: [Tensor]
  private let intervention: any Intervention
  private let run: InterchangeRun
  private let measurement: SweepMeasurement
  /// The examples' outputs without a swap, where a metric reads them.
  private let unpatched: (bases: [OutputRow], sources: [OutputRow])?

  /// - Parameters:
  ///   - members: the group's places among all examples
  ///   - reader: the intervention's source vectors; nil where it has none
  init(
    _ sweep: InterchangeSweep, _ all: [AlignmentExample], members: [Int],
    reader: (any SourceReader)?, _ run: InterchangeRun, _ measurement: SweepMeasurement
  ) throws {
    let examples = members.map { all[$0] }
    (self.sweep, self.examples) = (sweep, examples)
    (self.run, self.measurement) = (run, measurement)
    intervention = sweep.intervention.make()
    changed = sweep.changed(run.model)
    let isCounterfactual = sweep.source?.isCounterfactual ?? false
    var swaps: [Swap] = []
    var read = examples.map { _ in [Int]() }
    var pending: [(example: Int, column: Int, base: [Int], source: [Int])] = []
    for (column, positions) in sweep.positions.enumerated() {
      let site = Site(sweep.component, layer: sweep.layers[0], head: sweep.head, positions)
      let model = run.model
      let bases = try SiteExamples.basePositions(of: examples, at: site, of: model)
      let sources =
        isCounterfactual
        ? try SiteExamples.sourcePositions(
          of: examples, source: 0, at: site, of: model, as: bases) : bases
      for example in examples.indices {
        read[example] += sources[example]
        pending.append((example, column, bases[example], sources[example]))
      }
    }
    let rows = RowSet(read.map { Set($0).sorted() })
    for swap in pending {
      let indices = swap.source.map { rows.row(swap.example, $0)! }
      swaps.append(
        Swap(
          example: swap.example, column: swap.column, positions: swap.base, sourceRows: indices))
    }
    self.swaps = swaps
    // Vectors that are put in have to be as wide as those that were there.
    for layer in changed where reader != nil {
      try run.model.validate(
        Site(sweep.component, layer: layer, head: sweep.head),
        over: examples.flatMap { [$0.base] + (isCounterfactual ? $0.sources : []) })
    }
    sources = try reader?.rows(of: members, positions: rows.positions) ?? []
    unpatched =
      try measurement.readsUnpatched
      ? (
        measurement.rows(of: examples.map(\.base), run),
        measurement.rows(of: examples.map { $0.sources[0] }, run)
      ) : nil
  }

  /// The rows of all cones.
  var rows: Int { swaps.reduce(0) { $0 + cone(of: $1) } }

  /// The rows that the bases have in all.
  var baseRows: Int { examples.reduce(0) { $0 + $1.base.text.length } }

  private func cone(of swap: Swap) -> Int {
    examples[swap.example].base.text.length
      - (run.model.architecture.isCausal ? swap.positions.min() ?? 0 : 0)
  }

  /// The outcomes of some swaps at the layers of a window.
  func outcomes(_ batch: [Swap], layer: Int) throws -> [SwapOutcome] {
    let parts = sweep.window(layer, run.model).map { layer in
      PlacedSwap(data(batch, layer: layer), intervention)
    }
    let logits = try run.logits(parts, outputs: measurement.outputs)
    let rows = measurement.rows(logits)
    return batch.enumerated().map { row, swap in
      measurement.outcome(
        logits.rowSlice(row..<row + 1), rows.isEmpty ? nil : rows[row], examples[swap.example],
        base: unpatched?.bases[swap.example], source: unpatched?.sources[swap.example])
    }
  }

  /// The swaps in runs of about `limit` rows each.
  func batches(rows limit: Int) -> [[Swap]] {
    var batches: [[Swap]] = []
    var rows = Int.max
    for swap in swaps {
      let cone = examples[swap.example].base.text.length - (swap.positions.min() ?? 0)
      if rows > limit - cone || batches[batches.count - 1].count >= measurement.mostRows {
        batches.append([])
        rows = 0
      }
      batches[batches.count - 1].append(swap)
      rows += cone
    }
    return batches
  }

  private func data(_ batch: [Swap], layer: Int) -> SiteExamples {
    let line = changed.firstIndex(of: layer)!
    return SiteExamples(
      site: Site(sweep.component, layer: layer, head: sweep.head, .all),
      examples: batch.map { examples[$0.example] }, positions: batch.map(\.positions),
      sourceRows: sources.isEmpty
        ? [] : [sources[line].gatherRows(batch.flatMap(\.sourceRows))])
  }
}

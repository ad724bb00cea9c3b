import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// Full-vector interchange at every layer and position, which shows the way of a variable's effect.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try TaskData(SubjectVerbAgreement(), count: 64, for: model)
/// let sweep = InterchangeSweep(layers: 0..<30, positions: [.last])
/// let result = try sweep.run(model, on: data.test)
/// print(result.cells.map { $0[0].value })  // by layer
/// ```
public struct InterchangeSweep: Sendable {
  /// The component that is swapped.
  public var component: Component
  /// The head that is swapped; nil for all.
  public var head: Int?
  /// The layers, in the result's order.
  public var layers: [Int]
  /// The positions, in the result's order.
  public var positions: [Positions]
  /// Rows that one packed run begins with at most; a single sequence may have more.
  public var batchRows: Int

  /// A sweep over layers and positions of one component.
  public init(
    component: Component = .blockOutput, head: Int? = nil, layers: some Sequence<Int>,
    positions: [Positions], batchRows: Int = 1024
  ) {
    (self.component, self.head, self.layers) = (component, head, Array(layers))
    (self.positions, self.batchRows) = (positions, batchRows)
  }

  /// Runs the sweep as one job: for a group of examples one base run and one source run each, then
  /// layer by layer the cones of all positions packed together.
  ///
  /// - Parameter progress: called with the number of interchanges that are done and their number in
  ///   all
  /// - Returns: accuracies by [layer][position], in the order of ``layers`` and ``positions``
  /// - Throws: ``AlignmentError`` or `ModelError` when a layer or position doesn't exist.
  public func run(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore = ActivationStore(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> SweepResult {
    for (name, count) in [
      ("layers", layers.count), ("positions", positions.count), ("batch rows", batchRows),
    ] where count < 1 {
      throw AlignmentError.invalidSetting(name: name, expected: "at least 1", found: "\(count)")
    }
    guard Set(layers.map { model.isOfSource(component, layer: $0) }).count == 1 else {
      throw AlignmentError.invalidSetting(
        name: "layers",
        expected: "those of the encoder or those of the decoder, whose positions differ",
        found: "both")
    }
    let run = InterchangeRun(model: model, store: store, batchSize: .max)
    var outcomes = layers.map { _ in positions.map { _ in [Outcome]() } }
    let total = examples.count * layers.count * positions.count
    var done = 0
    for group in try groups(of: examples) {
      let swaps = try SweepGroup(self, group, run)
      try store.reserving(layers.map { Site(component, layer: $0, head: head, .all) }) {
        for (line, layer) in layers.enumerated() {
          for batch in swaps.batches(rows: batchRows) {
            let data = swaps.data(batch, layer: layer, line: line)
            for (swap, outcome) in zip(batch, try run.outcomes(data, FullInterchange())) {
              outcomes[line][swap.column].append(outcome)
            }
          }
          done += group.count * positions.count
          progress(done, total)
        }
      }
    }
    return SweepResult(
      component: component.rawValue, head: head, layers: layers,
      positions: positions.map(\.description), cells: outcomes.map { $0.map(Accuracy.init) })
  }

  /// Examples that share base and source runs: about as many as fill one run.
  private func groups(of examples: [AlignmentExample]) throws -> [[AlignmentExample]] {
    guard try SiteExamples.sourceCount(of: examples) >= 1 else {
      throw AlignmentError.sourceMismatch(expected: 1, found: 0)
    }
    let longest = examples.map(\.base.text.length).max() ?? 1
    return examples.chunked(max(1, batchRows / longest))
  }
}

/// The interchanges of a group of examples: every position, and the sources' values at all layers.
private struct SweepGroup {
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
  /// By layer, in the sweep's order: the source values of all examples.
  let sources: [Tensor]

  init(_ sweep: InterchangeSweep, _ examples: [AlignmentExample], _ run: InterchangeRun) throws {
    (self.sweep, self.examples) = (sweep, examples)
    var swaps: [Swap] = []
    var read = examples.map { _ in [Int]() }
    var pending: [(example: Int, column: Int, base: [Int], source: [Int])] = []
    for (column, positions) in sweep.positions.enumerated() {
      let site = Site(sweep.component, layer: sweep.layers[0], head: sweep.head, positions)
      let model = run.model
      let bases = try SiteExamples.basePositions(of: examples, at: site, of: model)
      let sources = try SiteExamples.sourcePositions(
        of: examples, source: 0, at: site, of: model, as: bases)
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
    let captures = sweep.layers.map {
      Cells(sweep.component, layer: $0, head: sweep.head, positions: rows.positions)
    }
    sources = try run.model.run(
      Request(examples.map { $0.sources[0] }, captures: captures), store: run.store
    ).captures.map(\.detached)
  }

  /// The swaps in runs of about `limit` rows each.
  func batches(rows limit: Int) -> [[Swap]] {
    var batches: [[Swap]] = []
    var rows = Int.max
    for swap in swaps {
      let cone = examples[swap.example].base.text.length - (swap.positions.min() ?? 0)
      if rows > limit - cone {
        batches.append([])
        rows = 0
      }
      batches[batches.count - 1].append(swap)
      rows += cone
    }
    return batches
  }

  func data(_ batch: [Swap], layer: Int, line: Int) -> SiteExamples {
    SiteExamples(
      site: Site(sweep.component, layer: layer, head: sweep.head, .all),
      examples: batch.map { examples[$0.example] }, positions: batch.map(\.positions),
      sourceRows: [sources[line].gatherRows(batch.flatMap(\.sourceRows))])
  }
}

/// Accuracies over layer × position.
public struct SweepResult: Codable, Sendable {
  /// The component's name.
  public let component: String
  /// The head that was swapped; nil for all.
  public let head: Int?
  /// The layers of the rows.
  public let layers: [Int]
  /// The positions of the columns, by name.
  public let positions: [String]
  /// [layer][position]
  public let cells: [[Accuracy]]

  /// - Parameter cells: accuracies by [layer][position]
  public init(
    component: String, head: Int?, layers: [Int], positions: [String], cells: [[Accuracy]]
  ) {
    (self.component, self.head, self.layers) = (component, head, layers)
    (self.positions, self.cells) = (positions, cells)
  }

  /// Reads a sweep whose cells fill its layers and positions.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    component = try values.decode(String.self, forKey: .component)
    head = try values.decodeIfPresent(Int.self, forKey: .head)
    layers = try values.decode([Int].self, forKey: .layers)
    positions = try values.decode([String].self, forKey: .positions)
    cells = try values.decode([[Accuracy]].self, forKey: .cells)
    let columns = positions.count
    guard !layers.isEmpty, columns > 0, cells.count == layers.count,
      cells.allSatisfy({ $0.count == columns })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .cells, in: values,
        debugDescription: "expected \(layers.count) rows of \(columns) cells")
    }
  }

  /// Interchange intervention accuracy by [layer][position].
  public var values: [[Double]] { cells.map { $0.map(\.value) } }
}

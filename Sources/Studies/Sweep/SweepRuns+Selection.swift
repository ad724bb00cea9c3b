import InterchangeAlignment
import InterchangeBasics
import InterchangeModels

extension SweepRuns: SelectableResult {
  /// Positions are named by their numbers, ranges of them, or their labels: `0-3,-1`, `subject`,
  /// `␣key`.
  public func selecting(layers: LayerSelection?, positions: String?) throws -> SweepRuns {
    SweepRuns(try runs.map { try $0.selecting(layers, positions) })
  }
}

extension SweepRun {
  fileprivate func selecting(_ layers: LayerSelection?, _ positions: String?) throws -> SweepRun {
    let rows = try places(of: layers, among: result.layers)
    let columns = try positions.map(columns) ?? Array(result.positions.indices)
    func part<Cell>(_ cells: [[Cell]]) -> [[Cell]] {
      rows.map { row in columns.map { cells[row][$0] } }
    }
    return SweepRun(
      task: task, variable: variable, check: check,
      positionLabels: columns.map { positionLabels[$0] },
      result: SweepResult(
        component: result.component, head: result.head, layers: rows.map { result.layers[$0] },
        positions: columns.map { result.positions[$0] }, cells: part(result.cells),
        metrics: result.metrics,
        measures: result.measures.map { maps in
          maps.map { $0.replacing(cells: part($0.cells)) }
        }, intervention: result.intervention, window: result.window), constantAnswer: constantAnswer
    )
  }

  /// The columns that a user names, in the sweep's order.
  private func columns(_ text: String) throws -> [Int] {
    let found = try text.split(separator: ",", omittingEmptySubsequences: false).flatMap { part in
      if case .layers(let numbers)? = LayerSelection(parsing: String(part)) {
        return try numbers.map { try column(number: $0) }
      }
      return [try column(named: String(part))]
    }
    return Array(Set(found)).sorted()
  }

  private func column(number: Int) throws -> Int {
    if let column = result.positions.firstIndex(of: "\(number)") { return column }
    let column = result.positions.count + number
    guard number < 0, result.positions.indices.contains(column) else {
      throw lacking("\(number)")
    }
    return column
  }

  private func column(named name: String) throws -> Int {
    let column =
      result.positions.firstIndex(of: name)
      ?? positionLabels.firstIndex { [name, "␣" + name, "‹\(name)›"].contains($0) }
    guard let column else { throw lacking(name) }
    return column
  }

  private func lacking(_ position: String) -> RunRecordError {
    .lacking(
      wanted: "position \(position)",
      reason: "this run has "
        + zip(result.positions, positionLabels).map { $0 == $1 ? $0 : "\($0) (\($1))" }
        .joined(separator: ", "))
  }
}

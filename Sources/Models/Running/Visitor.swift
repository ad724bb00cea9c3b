import InterchangeBasics
import InterchangeTensors

/// Applies a request's edits to the components that pass by, and keeps what is to be captured.
final class Visitor {
  private struct Key: Hashable {
    let component: Component
    let layer: Int
  }

  private let architecture: any Architecture
  private var edits: [Key: [Edit]] = [:]
  private var captures: [Key: [(index: Int, cells: Cells)]] = [:]
  /// The components that edits of a layer read, with their rows once they have passed by.
  private var read: [Key: (tensor: Tensor, rows: RowSet)?] = [:]
  private(set) var captured: [Tensor?]
  /// Each sequence's number of positions.
  let lengths: [Int]
  /// The number of positions of the longest sequence, and of the longest source.
  private let longest: (own: Int, source: Int)

  init(_ request: Request, architecture: any Architecture) {
    self.architecture = architecture
    lengths = request.inputs.map(\.length)
    captured = Array(repeating: nil, count: request.captures.count)
    longest = (
      lengths.max() ?? 0, request.inputs.compactMap { $0.source?.length }.max() ?? 0
    )
    for edit in request.edits where edit.cells.count > 0 {
      edits[Key(component: edit.cells.component, layer: edit.cells.layer), default: []].append(edit)
      if let component = edit.reading {
        read[Key(component: component, layer: edit.cells.layer)] = .some(nil)
      }
    }
    for (index, cells) in request.captures.enumerated() {
      let key = Key(component: cells.component, layer: cells.layer)
      captures[key, default: []].append((index, cells))
    }
  }

  func concerns(_ component: Component, _ layer: Int) -> Bool {
    let key = Key(component: component, layer: layer)
    return edits[key] != nil || captures[key] != nil || read[key] != nil
  }

  /// The number of positions that rows of a component have room for, where they have a number for
  /// each.
  func room(for component: Component) -> Int {
    component.isOverSource ? longest.source : longest.own
  }

  /// Tells whether something inside a block is captured.
  func isCaptured(inside layer: Int) -> Bool {
    captures.keys.contains { $0.layer == layer && $0.component.isInside }
  }

  /// Lets go of what edits of a layer have read.
  func forget(_ layer: Int) {
    for key in read.keys where key.layer == layer { read[key] = .some(nil) }
  }

  func visit(_ component: Component, _ layer: Int, _ tensor: Tensor, _ rows: RowSet) -> Tensor {
    guard concerns(component, layer),
      let dimensions = architecture.dimensions(of: component, layer: layer)?
        .inRun(longest: room(for: component))
    else { return tensor }
    let key = Key(component: component, layer: layer)
    var result = tensor
    for edit in edits[key] ?? [] {
      result = apply(edit, to: result, rows, dimensions)
    }
    for (index, cells) in captures[key] ?? [] {
      let taken = result.gatherRows(rows.rows(of: cells.positions))
      captured[index] =
        cells.head == nil ? taken : taken.columns(dimensions.columns(head: cells.head))
    }
    if read[key] != nil { read[key] = (result, rows) }
    return result
  }

  private func apply(
    _ edit: Edit, to tensor: Tensor, _ rows: RowSet, _ dimensions: ComponentDimensions
  ) -> Tensor {
    let positions =
      edit.isRowwise ? rows.held(edit.cells.positions) : edit.cells.positions
    let indices = rows.rows(of: positions)
    guard !indices.isEmpty else { return tensor }
    let isAll = indices.count == tensor.rows && indices.elementsEqual(0..<tensor.rows)
    let whole = isAll ? tensor : tensor.gatherRows(indices)
    let columns = dimensions.columns(head: edit.cells.head)
    let part = edit.cells.head == nil ? whole : whole.columns(columns)
    let edited = edit.change(part, edit.reading.map { self.rows($0, edit, positions) })
    require(
      edited.shape == part.shape,
      "edit of \(edit.cells.component.rawValue) \(edit.cells.layer): expected \(part.shape), "
        + "got \(edited.shape)")
    let replacement =
      edit.cells.head == nil ? edited : whole.replacingColumns(columns, with: edited)
    return isAll ? replacement : tensor.replacingRows(indices, with: replacement)
  }

  /// The rows of the component that an edit reads, at some cells.
  private func rows(_ component: Component, _ edit: Edit, _ positions: [[Int]]) -> Tensor {
    guard let found = read[Key(component: component, layer: edit.cells.layer)] ?? nil else {
      programmerError(
        "edit of \(edit.cells.component.rawValue) \(edit.cells.layer): \(component.rawValue) "
          + "comes after it")
    }
    let indices = found.rows.rows(of: positions)
    let isAll = indices.count == found.rows.count && indices.elementsEqual(0..<indices.count)
    return isAll ? found.tensor : found.tensor.gatherRows(indices)
  }
}

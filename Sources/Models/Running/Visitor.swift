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
  /// The queries of each layer whose weights are wanted, with their place in the request.
  private var queries: [Int: [(index: Int, positions: [[Int]])]] = [:]
  private(set) var attention: [[Tensor]]
  /// Each sequence's number of positions.
  let lengths: [Int]

  init(_ request: Request, architecture: any Architecture) {
    self.architecture = architecture
    lengths = request.inputs.map(\.length)
    captured = Array(repeating: nil, count: request.captures.count)
    // The result where no position is asked for.
    let heads = architecture.dimensions(of: .attentionValueOutput)?.heads ?? 0
    let none = lengths.map { Tensor.zeros([heads, 0, $0]) }
    attention = request.attention.map { _ in none }
    for (index, wanted) in request.attention.enumerated() {
      queries[wanted.layer, default: []].append((index, wanted.positions))
    }
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

  /// Tells whether something inside a block is captured.
  func isCaptured(inside layer: Int) -> Bool {
    queries[layer] != nil
      || captures.keys.contains {
        $0.layer == layer && $0.component != .blockInput && $0.component != .blockOutput
      }
  }

  /// Lets go of what edits of a layer have read.
  func forget(_ layer: Int) {
    for key in read.keys where key.layer == layer { read[key] = .some(nil) }
  }

  func visit(_ component: Component, _ layer: Int, _ tensor: Tensor, _ rows: RowSet) -> Tensor {
    guard concerns(component, layer),
      let dimensions = architecture.dimensions(of: component, layer: layer)
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

  /// A function to be called with the attention weights of a layer's rows; nil where nobody wants
  /// them.
  func attentionVisitor(of layer: Int, _ rows: RowSet) -> (([Tensor]) -> Void)? {
    queries[layer].map { wanted in
      { weights in
        for (index, positions) in wanted {
          self.attention[index] = zip(weights, positions).enumerated().map { sequence, pair in
            let (all, positions) = pair
            let (heads, count, seen) = (all.shape[0], all.shape[1], all.shape[2])
            let kept = positions.map { rows.row(sequence, $0)! - rows.starts[sequence] }
            let indices = (0..<heads).flatMap { head in kept.map { head * count + $0 } }
            let chosen = all.reshaped([heads * count, seen]).gatherRows(indices)
            // Positions after the last row that was computed are seen by none.
            let length = self.lengths[sequence]
            let whole =
              seen == length
              ? chosen
              : Tensor.zeros([chosen.rows, length]).replacingColumns(0..<seen, with: chosen)
            return whole.reshaped([heads, kept.count, length])
          }
        }
      }
    }
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

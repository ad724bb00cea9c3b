import InterchangeTensors

/// Scales that each belong to a block of neighboring rows and columns of a matrix.
struct ScaleGrid: Sendable {
  let scales: Tensor
  let blockRows: Int
  let blockColumns: Int
  private let columns: Int

  /// Scales as a tensor has them; a single one belongs to the whole matrix.
  ///
  /// - Parameters:
  ///   - shape: the matrix's; all axes before the last two are those of the scales too
  ///   - block: the rows and columns of a block, nil for one scale
  init(_ name: String, in checkpoint: any Checkpoint, of shape: [Int], block: (Int, Int)?) throws {
    let stored = try checkpoint.part(name, .scales + [.float8_e8m0])
    let (rows, width) = (shape[shape.count - 2], shape[shape.count - 1])
    (blockRows, blockColumns) = block ?? (rows, width)
    columns = (width + blockColumns - 1) / blockColumns
    let expected =
      Array(shape.dropLast(2)) + [(rows + blockRows - 1) / blockRows, columns]
    // A scale for all columns may come without their axis.
    guard
      stored.shape == expected || stored.count == 1 && expected.product == 1
        || columns == 1 && stored.shape == expected.dropLast()
    else {
      throw checkpoint.wrong(name, expected: "shape \(expected)", found: "\(stored.shape)")
    }
    scales = stored.floats()
    rowsOfMatrix = rows
    rowsOfGrid = expected[expected.count - 2]
  }

  private let rowsOfMatrix: Int
  private let rowsOfGrid: Int

  /// The number of scales of a row.
  var groups: Int { columns }

  /// Writes the scales of a row of all matrices one after the other.
  func write(row: Int, to destination: UnsafeMutablePointer<Float>) {
    let (matrix, inside) = row.quotientAndRemainder(dividingBy: rowsOfMatrix)
    let line = matrix * rowsOfGrid + inside / blockRows
    destination.update(from: scales.pointer + line * columns, count: columns)
  }

  /// The matrix of codes of one byte that these scales belong to.
  func rows(_ codes: CodeTable, of stored: StoredTensor) -> ScaledRows {
    let width = stored.width
    let groups = columns
    return ScaledRows(
      codes: codes, rows: stored.rows, width: width, group: blockColumns,
      read: { range, panel in
        stored.copyRows(range, to: panel.codes)
        for (row, index) in zip(range, 0...) {
          self.write(row: row, to: panel.scales + index * groups)
        }
      })
  }
}

import Foundation

/// A cell of a drawing that a reader can point at.
public struct FigureCell: Sendable, Hashable {
  /// Where its value stands in the figure's table.
  public let cell: Heatmap.Cell
  /// The line that it is drawn in, from the top, as arrow keys go.
  public let line: Int
  /// Its place on the page in points, from the upper left corner.
  public let frame: CGRect
}

extension Figure {
  /// Nothing: a curve's axes say what its values are.
  public var valueTitle: String { "" }

  /// No cells.
  public var readableCells: [FigureCell] { [] }
}

extension Heatmap {
  /// The cells of the table, row by row.
  public var readableCells: [FigureCell] {
    let layout = HeatmapLayout(self, measuredOn: Canvas(measuring: theme))
    return values.indices.flatMap { row in
      values[row].indices.map { column in
        let cell = Cell(row: row, column: column)
        return FigureCell(
          cell: cell, line: rowOrder == .firstAtTop ? row : values.count - 1 - row,
          frame: frame(of: cell, layout))
      }
    }
  }
}

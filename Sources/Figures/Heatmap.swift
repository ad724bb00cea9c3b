import Foundation
import InterchangeBasics

/// A table of numbers as colored cells, such as an effect over layer × token.
///
/// The page's size follows from the table: cells are as large as a page of about 18 cm lets them
/// be, labels are thinned, turned or cut before they touch one another, and cells show their values
/// when all of them have room.
///
/// ```swift
/// var map = Heatmap(
///   values: [[0.1, 0.9], [1, .nan]], rowLabels: ["0", "1"], columnLabels: ["␣the", "␣key"])
/// (map.title, map.rowTitle, map.columnTitle) = ("Effect", "layer", "token")
/// map.markedCells = [map.largestCell!]
/// try map.write(to: URL(filePath: "effect.png"))
/// ```
public struct Heatmap: Figure {
  /// A cell by its row and column, counted from 0.
  public struct Cell: Sendable, Hashable {
    /// The row, counted from 0.
    public var row: Int
    /// The column, counted from 0.
    public var column: Int

    /// The cell in a row and a column.
    public init(row: Int, column: Int) {
      self.row = row
      self.column = column
    }
  }

  /// The end of the page at which the first row is drawn.
  public enum RowOrder: Sendable, Hashable {
    /// Rows grow upwards, as layers do in papers.
    case firstAtBottom
    /// Rows grow downwards, as in a printed matrix.
    case firstAtTop
  }

  /// `[rows, columns]`; NaN is a cell that was not measured.
  public let values: [[Double]]
  /// A label for each row.
  public let rowLabels: [String]
  /// A label for each column.
  public let columnLabels: [String]

  /// The title above the figure; empty for none.
  public var title = ""
  /// The line below the title; empty for none.
  public var subtitle = ""
  /// The rows' title, such as "Layer".
  public var rowTitle = ""
  /// The columns' title, such as "Token".
  public var columnTitle = ""
  /// The values' title, beside the color bar.
  public var valueTitle = ""
  /// The meaning of hatched cells, beside the color bar.
  public var missingTitle = "not measured"
  /// The colors of the values.
  public var colorMap = ColorMap.viridis
  /// The values that get the color map's ends; nil takes the smallest and largest value.
  ///
  /// Values outside get the nearer end's color, and the color bar ends in a point there. For a
  /// diverging map the range is widened until it is symmetric about `center`.
  public var range: ClosedRange<Double>?
  /// The value that gets a diverging map's middle.
  public var center = 0.0
  /// The direction in which rows grow.
  public var rowOrder = RowOrder.firstAtBottom
  /// Cells that get an outline, such as `largestCell`.
  public var markedCells: [Cell] = []
  /// Values that a line across the color bar marks, such as what a constant answer reaches.
  public var markedValues: [Double] = []
  /// Of the cells that are NaN, those that can have no value at all: they are not hatched but left
  /// blank, such as keys after a query in causal attention.
  public var blankCells: Set<Cell> = []
  /// Rows before which a thin line begins a new group, each in 1…count − 1.
  public var rowBreaks: [Int] = []
  /// Columns before which a thin line begins a new group, each in 1…count − 1.
  public var columnBreaks: [Int] = []
  /// True when cells are as high as wide, for rows and columns of one kind.
  public var hasSquareCells = false
  /// True when values are written into the cells, provided that all of them have room.
  public var showsValues = true
  /// The texts that stand in the cells in the place of their values, such as tokens: one for each
  /// cell, cut where it is wider than the cell; nil for the values.
  public var cellTexts: [[String]]?
  /// The page as it is asked for; by default as the cells and their labels are best read.
  public var page = FigurePage()
  /// The page's colors and font.
  public var theme = Theme.light
  /// Pixels in an inch, for PNG.
  public var resolution = 300.0

  /// A table with a label for every row and column, drawn as they are given.
  ///
  /// - Parameter values: `[rows, columns]`, at least one cell; NaN is a cell not measured.
  public init(values: [[Double]], rowLabels: [String], columnLabels: [String]) {
    require(
      !rowLabels.isEmpty && !columnLabels.isEmpty,
      "Heatmap: expected at least one row and one column label")
    require(
      values.count == rowLabels.count,
      "Heatmap: expected \(rowLabels.count) rows, one for a label, got \(values.count)")
    for (index, row) in values.enumerated() {
      require(
        row.count == columnLabels.count,
        "Heatmap: expected \(columnLabels.count) values in row \(index), got \(row.count)")
    }
    self.values = values
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
  }

  /// The page in centimeters, as the table and its labels ask for.
  public var size: FigureSize {
    FigureSize(points: HeatmapLayout(self, measuredOn: Canvas(measuring: theme)).page)
  }
}

extension Heatmap {
  /// The cell with the largest value, the first of equals; nil when nothing was measured.
  public var largestCell: Cell? {
    var best: Cell?
    for (row, values) in values.enumerated() {
      for (column, value) in values.enumerated() where !value.isNaN {
        if let found = best, self[found] >= value { continue }
        best = Cell(row: row, column: column)
      }
    }
    return best
  }

  /// The value in a cell.
  public subscript(cell: Cell) -> Double { values[cell.row][cell.column] }

  /// The place of each value on the color map.
  var valueScale: ValueScale {
    ValueScale(of: Array(values.joined()), on: colorMap, range: range, center: center)
  }

  /// True when a cell is hatched.
  var hasMissing: Bool {
    guard !blankCells.isEmpty else { return values.joined().contains(where: \.isNaN) }
    return values.indices.contains { row in
      values[row].indices.contains { column in
        values[row][column].isNaN && !blankCells.contains(Cell(row: row, column: column))
      }
    }
  }
}

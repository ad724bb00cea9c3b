import Foundation
import InterchangeBasics

/// A table of numbers as coloured cells, such as an effect over layer × token.
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
    public var row: Int
    public var column: Int

    /// The cell in a row and a column.
    public init(row: Int, column: Int) {
      self.row = row
      self.column = column
    }
  }

  /// Where the first row is drawn.
  public enum RowOrder: Sendable, Hashable {
    /// Rows grow upwards, as layers do in papers.
    case firstAtBottom
    /// Rows grow downwards, as in a printed matrix.
    case firstAtTop
  }

  /// `[rows, columns]`; NaN is a cell that was not measured.
  public let values: [[Double]]
  public let rowLabels: [String]
  public let columnLabels: [String]

  public var title = ""
  public var subtitle = ""
  /// What the rows are, such as "Layer".
  public var rowTitle = ""
  /// What the columns are, such as "Token".
  public var columnTitle = ""
  /// What the values are, beside the colour bar.
  public var valueTitle = ""
  /// What hatched cells are, beside the colour bar.
  public var missingTitle = "not measured"
  public var colorMap = ColorMap.viridis
  /// The values that get the colour map's ends; nil takes the smallest and largest value.
  ///
  /// Values outside get the nearer end's colour, and the colour bar ends in a point there. For a
  /// diverging map the range is widened until it is symmetric about `center`.
  public var range: ClosedRange<Double>?
  /// The value that gets a diverging map's middle.
  public var center = 0.0
  public var rowOrder = RowOrder.firstAtBottom
  /// Cells that get an outline, such as `largestCell`.
  public var markedCells: [Cell] = []
  /// Of the cells that are NaN, those that can have no value at all: they are not hatched but left
  /// blank, such as keys after a query in causal attention.
  public var blankCells: Set<Cell> = []
  /// Rows and columns before which a thin line begins a new group, each in 1…count − 1.
  public var rowBreaks: [Int] = []
  public var columnBreaks: [Int] = []
  /// Whether cells are as high as wide, for rows and columns of one kind.
  public var hasSquareCells = false
  /// Whether values are written into the cells when all of them have room.
  public var showsValues = true
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

  /// The page in centimetres, as the table and its labels ask for.
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

  /// Where each value lies on the colour map.
  var valueScale: ValueScale {
    ValueScale(of: Array(values.joined()), on: colorMap, range: range, center: center)
  }

  /// Whether a cell is hatched.
  var hasMissing: Bool {
    guard !blankCells.isEmpty else { return values.joined().contains(where: \.isNaN) }
    return values.indices.contains { row in
      values[row].indices.contains { column in
        values[row][column].isNaN && !blankCells.contains(Cell(row: row, column: column))
      }
    }
  }
}

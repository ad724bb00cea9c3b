import Foundation

/// The number of a grid's panels side by side and the size of their cells, so that the page is
/// about 18 cm wide.
struct GridFit {
  let columns: Int
  let cell: CGSize
  /// One panel's cells.
  let plot: CGSize
  /// From one panel to the next.
  let pitch: CGSize
  /// All panels with what is between them.
  let height: Double
  let columnLabels: EdgeLabels<AxisLabels>

  /// - Parameters:
  ///   - room: the page.
  ///   - titleWidth: the width that the panels' titles would like to have.
  init(_ grid: HeatmapGrid, in room: GridRoom, titleWidth: Double, on canvas: Canvas) {
    let count = grid.panels.count
    let columns =
      grid.columns.map { min(max($0, 1), count) } ?? room.bestColumns(titleWidth: titleWidth)
    func set(_ cell: CGSize, maySlant: Bool) -> EdgeLabels<AxisLabels> {
      EdgeLabels(grid.panels.map(\.columnLabels)) {
        AxisLabels(
          $0, pitch: cell.width, fontSize: Spacing.labelSize, maySlant: maySlant, on: canvas)
      }
    }
    func set(_ cell: CGSize) -> EdgeLabels<AxisLabels> {
      // Below a missing panel, slanted labels would reach into the panel at its left; they keep
      // clear of their neighbors only where all are slanted.
      let labels = set(cell, maySlant: count % columns == 0)
      return labels.areAlike ? labels : set(cell, maySlant: false)
    }
    // Labels may ask for a wider gap and for depth, which leaves the cells less room.
    var (gap, depth) = (GridRoom.gap, 0.0)
    var cell = room.cell(columns, gap: gap, depth: depth)
    var labels = set(cell)
    for _ in 0..<3 {
      gap = max(gap, Self.gap(labels, cell))
      depth = labels.isShared ? 0 : Spacing.labels + labels.depth
      cell = room.cell(columns, gap: gap, depth: depth)
      labels = set(cell)
    }
    gap = max(gap, Self.gap(labels, cell))
    depth = labels.isShared ? 0 : Spacing.labels + labels.depth

    plot = CGSize(
      width: cell.width * Double(room.shape.columns),
      height: cell.height * Double(room.shape.rows))
    // Small panels move apart for their titles, as far as the page lets them.
    let titled = min(titleWidth + 3, room.panelWidth(columns, gap: gap) + gap)
    pitch = CGSize(
      width: max(plot.width + gap, titled) + room.labelsBetween,
      height: plot.height + GridRoom.gap + room.titleHeight + depth)
    height = Double(room.lines(columns) - 1) * pitch.height + plot.height
    self.columns = columns
    self.cell = cell
    columnLabels = labels
  }

  /// The gap that neighbors' labels need; slanted ones run in parallel.
  private static func gap(_ labels: EdgeLabels<AxisLabels>, _ cell: CGSize) -> Double {
    guard !labels.areSlanted else { return GridRoom.gap }
    return labels.overhang.left + labels.overhang.right - cell.width + 3
  }
}

/// The room that a page has for the panels of a grid.
struct GridRoom {
  let panelCount: Int
  /// One panel's cells.
  let shape: (rows: Int, columns: Int)
  /// True when labels are words, which must not be left out as numbers may.
  let hasWords: (rows: Bool, columns: Bool)
  let hasSquareCells: Bool
  /// For all panels side by side.
  let width: Double
  /// For all panels below one another.
  let usualHeight: Double
  /// The height to which the page grows where cells would be too low to be seen.
  let tallest: Double
  /// Between two panels, for labels that are not shared.
  let labelsBetween: Double
  /// A panel's title with the space below.
  let titleHeight: Double

  /// Between panels at least.
  static let gap = 7.0
  /// The page without the labels below, unless another one is asked for.
  static let page = CGSize(width: 18 * FigureSize.points, height: 15 * FigureSize.points)
  /// The height of a cell, a pixel's in print, below which the page grows without an end.
  private static let lowest = 0.3

  func lines(_ columns: Int) -> Int { (panelCount + columns - 1) / columns }

  /// The room for one panel's cells in a number of columns.
  func panelWidth(_ columns: Int, gap: Double) -> Double {
    (width - Double(columns - 1) * (gap + labelsBetween)) / Double(columns)
  }

  /// The size of cells in a number of columns; nothing of it is negative, however little room is
  /// left.
  ///
  /// - Parameter depth: the height of labels below each panel that are not shared.
  func cell(_ columns: Int, gap: Double, depth: Double = 0) -> CGSize {
    let usual = cellHeight(columns, on: usualHeight, depth: depth)
    let low = min(cellHeight(columns, on: tallest, depth: depth), 2)
    var cell = CGSize(
      width: max(panelWidth(columns, gap: gap), 5) / Double(shape.columns),
      height: max(usual, low, Self.lowest))
    cell.width = min(cell.width, 0.8 * FigureSize.points)
    cell.height = min(cell.height, 0.5 * FigureSize.points)
    if hasSquareCells {
      cell.width = min(cell.width, cell.height)
      cell.height = cell.width
    }
    return cell
  }

  private func cellHeight(_ columns: Int, on page: Double, depth: Double = 0) -> Double {
    (page / Double(lines(columns)) - titleHeight - Self.gap - depth) / Double(shape.rows)
  }

  /// The number of columns whose cells are largest, as far as size still helps to read them, and
  /// whose labels and titles have room; of equals, the one that makes the page half as wide again
  /// as high.
  func bestColumns(titleWidth: Double) -> Int {
    let enough = 0.35 * FigureSize.points
    let letters = 6.0
    func value(_ columns: Int) -> (size: Double, shape: Double) {
      let room = max(panelWidth(columns, gap: Self.gap), 0)
      let height = cellHeight(columns, on: usualHeight)
      // Too many lines for the page: the fewest will do.
      guard height > Self.lowest else { return (0, Double(columns)) }
      let cell = cell(columns, gap: Self.gap)
      var size = min(cell.width, enough) * min(cell.height, height, enough)
      // Every token has a label of its own, where numbers may be left out.
      if hasWords.rows { size *= min(1, cell.height / letters) }
      if hasWords.columns { size *= min(1, cell.width / letters) }
      if titleWidth > 0 { size *= pow(min(1, room / titleWidth), 2) }
      // A last row with gaps looks unfinished.
      size *= pow(Double(panelCount) / Double(columns * lines(columns)), 4)
      return (size, -abs(log(Double(columns) / Double(lines(columns)) / 1.5)))
    }
    return (1...panelCount).max { value($0) < value($1) } ?? 1
  }
}

import Foundation

/// Where everything of a heatmap lies on its page, in points.
package struct HeatmapLayout {
  package let page: CGSize
  let heading: Heading
  /// The cells.
  package let plot: CGRect
  package let cell: CGSize
  package let shownRows: [Int]
  package let columnLabels: AxisLabels
  /// The size that values are written in; nil when they don't fit.
  package let valueSize: Double?
  /// Where the rows' title begins.
  let rowTitleX: Double
  let bar: ColorBar
  /// Where the bar's part of the page begins.
  let barEdge: Double

  static let margin = 6.0
  static let labelSize = 7.0
  static let titleSize = 7.5
  static let tick = 2.5
  /// Between a tick and its label.
  static let gap = 2.0
  static let longestRowLabel = 3.5 * FigureSize.points

  package init(_ heatmap: Heatmap, measuredOn canvas: Canvas) {
    let cell = Self.cellSize(rows: heatmap.rowLabels.count, columns: heatmap.columnLabels.count)
    let plotSize = CGSize(
      width: cell.width * Double(heatmap.columnLabels.count),
      height: cell.height * Double(heatmap.rowLabels.count))
    let rowSizes = heatmap.rowLabels.map { canvas.size(of: Self.rowText($0)) }
    let columns = AxisLabels(
      heatmap.columnLabels, pitch: cell.width, fontSize: Self.labelSize, on: canvas)
    let bar = ColorBar(heatmap, plotHeight: plotSize.height, on: canvas)

    let titleLine = canvas.size(of: Text("X", size: Self.titleSize)).height
    let rowTitle = heatmap.rowTitle.isEmpty ? 0 : titleLine + 3
    let columnTitle = heatmap.columnTitle.isEmpty ? 0 : titleLine + 3
    // A title wider than the cells reaches out on both sides of them.
    let titleReach =
      (canvas.size(of: Text(heatmap.columnTitle, size: Self.titleSize)).width - plotSize.width) / 2
    let labels = Self.tick + Self.gap
    let rows = rowTitle + (rowSizes.map(\.width).max() ?? 0) + labels
    let left =
      Self.margin
      + max(
        rows, columns.overhang.left - cell.width / 2, titleReach)
    let right = max(columns.overhang.right - cell.width / 2, titleReach, 0)
    let width = left + plotSize.width + right + bar.width + Self.margin
    heading = Heading(
      title: heatmap.title, subtitle: heatmap.subtitle, atLeast: width - 2 * Self.margin,
      on: canvas)

    // The bar is centred beside the cells and may be the taller of the two.
    let above = max(0, (bar.height - plotSize.height) / 2)
    // Half a line of the topmost row or bar label reaches above the cells.
    let top = Self.margin + heading.height + max(above, Self.labelSize * 0.5)
    let below = max(above, labels + columns.depth + columnTitle)
    page = CGSize(
      width: max(width, heading.width + 2 * Self.margin),
      height: top + plotSize.height + below + Self.margin)
    plot = CGRect(origin: CGPoint(x: left, y: top), size: plotSize)
    self.cell = cell
    self.bar = bar
    rowTitleX = left - rows
    barEdge = left + plotSize.width + right
    columnLabels = columns
    shownRows = AxisLabels.thinned(
      heatmap.rowLabels, pitch: cell.height, needed: (rowSizes.map(\.height).max() ?? 0) * 0.95)
    valueSize = heatmap.showsValues ? Self.valueSize(heatmap, cell: cell, on: canvas) : nil
  }

  /// Up to about 15 × 13 cm of cells; far more cells make the page grow.
  private static func cellSize(rows: Int, columns: Int) -> CGSize {
    let width = min(max(15 / Double(columns), 0.05), 1.15)
    let height = min(max(13 / Double(rows), 0.05), 0.65)
    return CGSize(width: width * FigureSize.points, height: height * FigureSize.points)
  }

  private static func valueSize(
    _ heatmap: Heatmap, cell: CGSize, on canvas: Canvas
  ) -> Double? {
    guard cell.height >= 6, cell.width >= 8 else { return nil }
    let largest = 6.5
    let format = NumberFormat(values: Array(heatmap.values.joined()))
    let labels = Set(heatmap.values.joined().filter { !$0.isNaN }.map(format.label))
    let sizes = labels.map { canvas.size(of: Text($0, size: largest)) }
    guard let width = sizes.map(\.width).max(), let height = sizes.map(\.height).max() else {
      return nil
    }
    let size = largest * min(1, (cell.width - 5) / width, (cell.height - 1.5) / height)
    return size >= 4.8 ? size : nil
  }

  static func rowText(_ label: String) -> Text {
    Text(label, size: labelSize, overflow: .ellipsis(longestRowLabel))
  }
}

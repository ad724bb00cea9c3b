import Foundation

/// The places in points of everything on a heatmap's page.
package struct HeatmapLayout {
  package let page: CGSize
  let heading: Heading
  let panel: HeatmapPanel
  let rowLabels: RowLabels
  package let columnLabels: AxisLabels
  /// The left edge of the rows' title.
  let rowTitleX: Double
  let bar: ColorBar
  /// The left edge of the bar's part of the page.
  let barEdge: Double

  /// The cells.
  package var plot: CGRect { panel.plot }
  package var cell: CGSize { panel.cell }
  package var shownRows: [Int] { rowLabels.shown }
  /// The size that values are written in; nil when they don't fit.
  package var valueSize: Double? { panel.lettering?.size }

  package init(_ heatmap: Heatmap, measuredOn canvas: Canvas) {
    let cell = Self.cellSize(of: heatmap)
    let plotSize = CGSize(
      width: cell.width * Double(heatmap.columnLabels.count),
      height: cell.height * Double(heatmap.rowLabels.count))
    let rows = RowLabels(heatmap.rowLabels, pitch: cell.height, on: canvas)
    let columns = AxisLabels(
      heatmap.columnLabels, pitch: cell.width, fontSize: Spacing.labelSize, on: canvas)
    let bar = ColorBar(
      heatmap.colorMap, heatmap.valueScale, title: heatmap.valueTitle,
      missing: heatmap.hasMissing ? heatmap.missingTitle : nil, plotHeight: plotSize.height,
      on: canvas)

    let titleLine = canvas.size(of: Text("X", size: Spacing.titleSize)).height
    let rowTitle = heatmap.rowTitle.isEmpty ? 0 : titleLine + Spacing.titleGap
    let columnTitle = heatmap.columnTitle.isEmpty ? 0 : titleLine + Spacing.titleGap
    // A title wider than the cells reaches out on both sides of them.
    let titleReach =
      (canvas.size(of: Text(heatmap.columnTitle, size: Spacing.titleSize)).width
        - plotSize.width) / 2
    let beside = rowTitle + rows.width
    let left =
      Spacing.margin + max(beside, columns.overhang.left - cell.width / 2, titleReach)
    let right = max(columns.overhang.right - cell.width / 2, titleReach, 0)
    let width = left + plotSize.width + right + bar.width + Spacing.margin
    heading = Heading(
      title: heatmap.title, subtitle: heatmap.subtitle, atLeast: width - 2 * Spacing.margin,
      on: canvas)

    // The bar is centered beside the cells and may be the taller of the two.
    let above = max(0, (bar.height - plotSize.height) / 2)
    // Half a line of the topmost row or bar label reaches above the cells.
    let top = Spacing.margin + heading.height + max(above, Spacing.labelSize * 0.5)
    let below = max(above, Spacing.labels + columns.depth + columnTitle)
    page = CGSize(
      width: max(width, heading.width + 2 * Spacing.margin),
      height: top + plotSize.height + below + Spacing.margin)
    panel = HeatmapPanel(
      heatmap: heatmap, colorMap: heatmap.colorMap, scale: heatmap.valueScale,
      theme: heatmap.theme,
      lettering: heatmap.showsValues
        ? CellLettering(of: Array(heatmap.values.joined()), in: cell, on: canvas) : nil,
      plot: CGRect(origin: CGPoint(x: left, y: top), size: plotSize), cell: cell)
    self.bar = bar
    rowTitleX = left - beside
    barEdge = left + plotSize.width + right
    columnLabels = columns
    rowLabels = rows
  }

  /// Up to about 15 × 13 cm of cells; far more cells make the page grow.
  private static func cellSize(of heatmap: Heatmap) -> CGSize {
    var width = min(max(15 / Double(heatmap.columnLabels.count), 0.05), 1.15)
    var height = min(max(13 / Double(heatmap.rowLabels.count), 0.05), 0.65)
    if heatmap.hasSquareCells {
      width = min(width, height)
      height = width
    }
    return CGSize(width: width * FigureSize.points, height: height * FigureSize.points)
  }
}

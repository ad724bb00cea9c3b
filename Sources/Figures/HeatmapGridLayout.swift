import Foundation

/// The places in points of everything on the page of a grid of heatmaps.
package struct HeatmapGridLayout {
  package let page: CGSize
  let heading: Heading
  /// The panels in the grid's order.
  let panels: [HeatmapPanel]
  /// The number of panels side by side.
  package let columns: Int
  /// All panels' cells.
  let cells: CGRect
  let rowTitleX: Double
  /// The end of the lowest labels.
  let columnTitleY: Double
  let bar: ColorBar
  let barEdge: Double
  private let titles: PanelTitles
  private let rows: EdgeLabels<RowLabels>
  private let columnLabels: EdgeLabels<AxisLabels>

  /// Between a panel's title and its cells.
  static let titleGap = 1.5
  private static let longestRowLabel = 2.2 * FigureSize.points

  /// The panels' cells, in their order.
  package var plots: [CGRect] { panels.map(\.plot) }

  package init(_ grid: HeatmapGrid, measuredOn canvas: Canvas) {
    let values = grid.panels.flatMap { $0.values.joined() }
    let scale = ValueScale(
      of: values, on: grid.colorMap, range: grid.range, center: grid.center)
    func makeBar(_ height: Double) -> ColorBar {
      ColorBar(
        grid.colorMap, scale, title: grid.valueTitle,
        missing: grid.panels.contains(where: \.hasMissing) ? grid.missingTitle : nil,
        plotHeight: height, on: canvas)
    }
    func makeRows(_ pitch: Double) -> EdgeLabels<RowLabels> {
      EdgeLabels(grid.panels.map(\.rowLabels)) {
        RowLabels($0, pitch: pitch, longest: Self.longestRowLabel, on: canvas)
      }
    }
    let titleLine = canvas.size(of: Text("X", size: Spacing.titleSize)).height
    let rowTitle = grid.rowTitle.isEmpty ? 0 : titleLine + Spacing.titleGap
    let columnTitle = grid.columnTitle.isEmpty ? 0 : titleLine + Spacing.titleGap

    // The labels' full width is known before the cells' size, and is at most what they take.
    let widest = makeRows(.infinity)
    let titleRoom = PanelTitles(grid, room: .infinity, on: canvas)
    let room = GridRoom(
      panelCount: grid.panels.count,
      shape: (grid.panels[0].rowLabels.count, grid.panels[0].columnLabels.count),
      hasWords: (
        AxisLabels.areWords(grid.panels[0].rowLabels),
        AxisLabels.areWords(grid.panels[0].columnLabels)
      ),
      hasSquareCells: grid.hasSquareCells,
      width: GridRoom.pageWidth - 2 * Spacing.margin - rowTitle - widest.width
        - makeBar(.infinity).width,
      labelsBetween: widest.isShared ? 0 : widest.width,
      titleHeight: titleRoom.height + Self.titleGap)
    let fit = GridFit(grid, in: room, titleWidth: titleRoom.width, on: canvas)
    let labels = makeRows(fit.cell.height)
    let columnLabels = fit.columnLabels
    let plot = fit.plot
    let bar = makeBar(fit.height)
    titles = PanelTitles(grid, room: fit.pitch.width - 3, on: canvas)

    let beside = rowTitle + labels.width
    let (overLeft, overRight) = (columnLabels.overhang.left, columnLabels.overhang.right)
    let left = Spacing.margin + max(beside, overLeft - fit.cell.width / 2)
    let titleReach = min(titles.width, fit.pitch.width - 3) - plot.width
    let right = max(overRight - fit.cell.width / 2, titleReach, 0)
    let cellsWidth = Double(fit.columns - 1) * fit.pitch.width + plot.width
    let width = left + cellsWidth + right + bar.width + Spacing.margin
    heading = Heading(
      title: grid.title, subtitle: grid.subtitle, atLeast: width - 2 * Spacing.margin, on: canvas)
    let above = max(titles.height + Self.titleGap, (bar.height - fit.height) / 2)
    let top = Spacing.margin + heading.height + above
    cells = CGRect(x: left, y: top, width: cellsWidth, height: fit.height)
    columnTitleY = cells.maxY + Spacing.labels + columnLabels.depth
    let below = max(
      Spacing.labels + columnLabels.depth + columnTitle, (bar.height - fit.height) / 2)
    page = CGSize(
      width: max(width, heading.width + 2 * Spacing.margin),
      height: cells.maxY + below + Spacing.margin)

    let lettering =
      grid.showsValues ? CellLettering(of: values, in: fit.cell, on: canvas) : nil
    panels = grid.panels.enumerated().map { index, panel in
      HeatmapPanel(
        heatmap: panel, colorMap: grid.colorMap, scale: scale, theme: grid.theme,
        lettering: lettering,
        plot: CGRect(
          x: left + Double(index % fit.columns) * fit.pitch.width,
          y: top + Double(index / fit.columns) * fit.pitch.height, width: plot.width,
          height: plot.height),
        cell: fit.cell)
    }
    self.rows = labels
    self.columnLabels = columnLabels
    self.bar = bar
    columns = fit.columns
    rowTitleX = left - beside
    barEdge = left + cellsWidth + right
  }

  /// A panel's title, cut where the next one begins.
  package func title(of index: Int, color: Color) -> Text {
    var text = titles.texts[index]
    text.color = color
    return text
  }

  /// The labels left of a panel; nil when those further left are its too.
  func rowLabels(of index: Int) -> RowLabels? {
    rows.isShared && index % columns != 0 ? nil : rows[index]
  }

  /// The labels below a panel; nil when those further down are its too.
  package func columnLabels(of index: Int) -> AxisLabels? {
    columnLabels.isShared && index + columns < panels.count ? nil : columnLabels[index]
  }
}

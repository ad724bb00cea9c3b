import Foundation

/// The places in points of everything on the page of a grid of heatmaps.
package struct HeatmapGridLayout {
  package let page: CGSize
  let heading: Heading
  /// The panels in the grid's order.
  let panels: [HeatmapPanel]
  /// The page that the panels, their labels and the bar need.
  let content: CGSize
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
    let wanted = grid.page
    var room = GridRoom.page
    if let width = wanted.width.map({ $0 * FigureSize.points }) {
      room = CGSize(width: width, height: min(room.height, 1.3 * width))
    }
    if let height = wanted.height { room.height = height * FigureSize.points }
    self.init(grid, room: room, measuredOn: canvas)
    guard wanted.width != nil || wanted.height != nil else { return }
    // Labels' reach and the heading are known once the cells are: a few rounds find their room.
    for round in 0..<16 {
      func excess(_ length: Double, _ wanted: Double?) -> Double {
        guard let wanted else { return 0 }
        let excess = length - wanted * FigureSize.points
        // Panels may be smaller than their room; only a page without a height to keep is filled.
        return excess > 0 ? excess * (round < 8 ? 1 : 1.3) : 0
      }
      let (wide, high) = (
        excess(content.width, wanted.width), excess(content.height, wanted.height)
      )
      guard wide > 0.1 || high > 0.1 else { break }
      room.width -= wide
      room.height -= high
      guard room.width > 1, room.height > 1 else { break }
      self = HeatmapGridLayout(grid, room: room, measuredOn: canvas)
    }
  }

  private init(_ grid: HeatmapGrid, room wantedRoom: CGSize, measuredOn canvas: Canvas) {
    let values = grid.panels.flatMap { $0.values.joined() }
    let scale = ValueScale(
      of: values, on: grid.colorMap, range: grid.range, center: grid.center)
    func makeBar(_ height: Double) -> ColorBar {
      ColorBar(
        grid.colorMap, scale, title: grid.valueTitle,
        missing: grid.panels.contains(where: \.hasMissing) ? grid.missingTitle : nil,
        marks: grid.markedValues, plotHeight: height, breaksTitle: grid.page != FigurePage(),
        on: canvas)
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
      width: wantedRoom.width - 2 * Spacing.margin - rowTitle - widest.width
        - makeBar(.infinity).width,
      usualHeight: wantedRoom.height,
      tallest: grid.page.height == nil ? 1.4 * wantedRoom.height : wantedRoom.height,
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
    let pageWidth = grid.page.width.map { $0 * FigureSize.points }
    heading = Heading(
      title: grid.title, subtitle: grid.subtitle,
      atLeast: (pageWidth ?? width) - 2 * Spacing.margin,
      widest: pageWidth == nil ? 9 * FigureSize.points : 0, on: canvas)
    let above = max(titles.height + Self.titleGap, (bar.height - fit.height) / 2)
    let top = Spacing.margin + heading.height + above
    let below = max(
      Spacing.labels + columnLabels.depth + columnTitle, (bar.height - fit.height) / 2)
    content = CGSize(width: width, height: top + fit.height + below + Spacing.margin)
    page = CGSize(
      width: max(
        max(width, heading.width + 2 * Spacing.margin) - (pageWidth == nil ? 0 : 0.1),
        pageWidth ?? 0),
      height: max(content.height, grid.page.height.map { $0 * FigureSize.points } ?? 0))
    // The rest of the page is at both sides.
    let start = left + max(0, (page.width - max(width, heading.width + 2 * Spacing.margin)) / 2)
    let upper = top + max(0, (page.height - content.height) / 2)
    cells = CGRect(x: start, y: upper, width: cellsWidth, height: fit.height)
    columnTitleY = cells.maxY + Spacing.labels + columnLabels.depth
    let lettering =
      grid.showsValues
      ? CellLettering(
        of: values, texts: grid.panels[0].cellTexts, in: fit.cell, on: canvas) : nil
    panels = grid.panels.enumerated().map { index, panel in
      HeatmapPanel(
        heatmap: panel, colorMap: grid.colorMap, scale: scale, theme: grid.theme,
        lettering: lettering,
        plot: CGRect(
          x: start + Double(index % fit.columns) * fit.pitch.width,
          y: upper + Double(index / fit.columns) * fit.pitch.height, width: plot.width,
          height: plot.height),
        cell: fit.cell)
    }
    self.rows = labels
    self.columnLabels = columnLabels
    self.bar = bar
    columns = fit.columns
    rowTitleX = start - beside
    barEdge = start + cellsWidth + right
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

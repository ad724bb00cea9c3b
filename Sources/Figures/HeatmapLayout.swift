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
  /// The page that the cells, their labels and the bar need.
  let content: CGSize
  /// The left edge of the bar's part of the page.
  let barEdge: Double

  /// The cells.
  package var plot: CGRect { panel.plot }
  package var cell: CGSize { panel.cell }
  package var shownRows: [Int] { rowLabels.shown }
  /// The size that values are written in; nil when they don't fit.
  package var valueSize: Double? { panel.lettering?.size }

  package init(_ heatmap: Heatmap, measuredOn canvas: Canvas) {
    self.init(heatmap, cell: Self.cellSize(of: heatmap), page: nil, measuredOn: canvas)
    let wanted = heatmap.page
    guard wanted.width != nil || wanted.height != nil else { return }
    // Labels turn and bars grow with the cells: a few rounds find the largest cells that fit.
    var cell = cell
    let (columns, rows) = (
      Double(heatmap.columnLabels.count), Double(heatmap.rowLabels.count)
    )
    let most = CGSize(width: 1.6 * FigureSize.points, height: 1.1 * FigureSize.points)
    var largest: HeatmapLayout?
    for round in 0..<16 {
      let trial = HeatmapLayout(heatmap, cell: cell, page: wanted, measuredOn: canvas)
      func next(_ size: Double, _ length: Double, _ wanted: Double?, _ most: Double) -> Double {
        guard let wanted else { return size }
        // Rounds that overshoot one another come together.
        let step = (wanted * FigureSize.points - length) * (round < 8 ? 1 : 0.5)
        return min(max(size + step, 0.5), most)
      }
      self = trial
      let content = trial.content
      if trial.fits(wanted), trial.cell.area > largest?.cell.area ?? 0 {
        largest = trial
      }
      cell = CGSize(
        width: next(cell.width * columns, content.width, wanted.width, most.width * columns)
          / columns,
        height: next(cell.height * rows, content.height, wanted.height, most.height * rows) / rows)
      if heatmap.hasSquareCells {
        cell.width = min(cell.width, cell.height)
        cell.height = cell.width
      }
      if abs(cell.width - trial.cell.width) + abs(cell.height - trial.cell.height) < 1e-3 { break }
    }
    if let largest { self = largest }
  }

  /// Tells whether all of it has room on a page, to a tenth of a point.
  private func fits(_ wanted: FigurePage) -> Bool {
    func fits(_ length: Double, _ wanted: Double?) -> Bool {
      wanted.map { length <= $0 * FigureSize.points + 0.1 } ?? true
    }
    return fits(content.width, wanted.width) && fits(content.height, wanted.height)
  }

  private init(
    _ heatmap: Heatmap, cell: CGSize, page wanted: FigurePage?, measuredOn canvas: Canvas
  ) {
    let plotSize = CGSize(
      width: cell.width * Double(heatmap.columnLabels.count),
      height: cell.height * Double(heatmap.rowLabels.count))
    let rows = RowLabels(heatmap.rowLabels, pitch: cell.height, on: canvas)
    let columns = AxisLabels(
      heatmap.columnLabels, pitch: cell.width, fontSize: Spacing.labelSize, on: canvas)
    let bar = ColorBar(
      heatmap.colorMap, heatmap.valueScale, title: heatmap.valueTitle,
      missing: heatmap.hasMissing ? heatmap.missingTitle : nil, marks: heatmap.markedValues,
      plotHeight: plotSize.height, breaksTitle: wanted != nil, on: canvas)

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
    let pageWidth = wanted?.width.map { $0 * FigureSize.points }
    heading = Heading(
      title: heatmap.title, subtitle: heatmap.subtitle,
      atLeast: (pageWidth ?? width) - 2 * Spacing.margin,
      widest: pageWidth == nil ? 9 * FigureSize.points : 0, on: canvas)

    // The bar is centered beside the cells and may be the taller of the two.
    let above = max(0, (bar.height - plotSize.height) / 2)
    // Half a line of the topmost row or bar label reaches above the cells.
    let top = Spacing.margin + heading.height + max(above, Spacing.labelSize * 0.5)
    let below = max(above, Spacing.labels + columns.depth + columnTitle)
    content = CGSize(width: width, height: top + plotSize.height + below + Spacing.margin)
    let own = CGSize(width: max(width, heading.width + 2 * Spacing.margin), height: content.height)
    page = CGSize(
      width: max(own.width - (pageWidth == nil ? 0 : 0.1), pageWidth ?? 0),
      height: max(own.height, wanted?.height.map { $0 * FigureSize.points } ?? 0))
    // The rest of the page is at both sides.
    let shift = max(0, (page.width - own.width) / 2)
    let lowered = max(0, (page.height - own.height) / 2)
    panel = HeatmapPanel(
      heatmap: heatmap, colorMap: heatmap.colorMap, scale: heatmap.valueScale,
      theme: heatmap.theme,
      lettering: heatmap.showsValues
        ? CellLettering(
          of: Array(heatmap.values.joined()), texts: heatmap.cellTexts, in: cell, on: canvas) : nil,
      plot: CGRect(origin: CGPoint(x: left + shift, y: top + lowered), size: plotSize), cell: cell)
    self.bar = bar
    rowTitleX = left + shift - beside
    barEdge = left + shift + plotSize.width + right
    columnLabels = columns
    rowLabels = rows
  }

  /// Up to about 15 × 13 cm of cells; far more cells make the page grow.
  private static func cellSize(of heatmap: Heatmap) -> CGSize {
    // Texts need more room than numbers.
    let widest = heatmap.cellTexts == nil ? 1.15 : 1.6
    var width = min(max(15 / Double(heatmap.columnLabels.count), 0.05), widest)
    // A narrow page is not much higher than wide.
    let tallest = min(13, 1.1 * (heatmap.page.width ?? 13))
    var height = min(max(tallest / Double(heatmap.rowLabels.count), 0.05), 0.65)
    if heatmap.hasSquareCells {
      width = min(width, height)
      height = width
    }
    return CGSize(width: width * FigureSize.points, height: height * FigureSize.points)
  }
}

extension CGSize {
  fileprivate var area: Double { width * height }
}

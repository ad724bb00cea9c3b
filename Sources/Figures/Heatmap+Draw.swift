import Foundation

extension Heatmap {
  /// Draws the cells with their labels, marks and color bar.
  public func draw(on canvas: Canvas) {
    let layout = HeatmapLayout(self, measuredOn: canvas)
    let (margin, plot) = (Spacing.margin, layout.plot)
    layout.heading.draw(on: canvas, at: CGPoint(x: margin, y: margin), theme: theme)
    layout.panel.draw(on: canvas)
    layout.rowLabels.draw(on: canvas, leftOf: plot.minX, theme: theme) { row in
      layout.panel.frame(of: Cell(row: row, column: 0)).midY
    }
    layout.columnLabels.draw(on: canvas, below: plot, theme: theme)
    canvas.drawTitle(rowTitle, upwardsFrom: layout.rowTitleX, middle: plot.midY, theme: theme)
    canvas.drawTitle(
      columnTitle, below: plot.maxY + Spacing.labels + layout.columnLabels.depth,
      middle: plot.midX, theme: theme)
    layout.bar.draw(on: canvas, from: layout.barEdge, middle: plot.midY, theme: theme)
  }

  /// A cell's place on the page.
  package func frame(of cell: Cell, _ layout: HeatmapLayout) -> CGRect {
    layout.panel.frame(of: cell)
  }
}

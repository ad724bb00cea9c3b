import Foundation
import InterchangeBasics

/// Heatmaps of one shape side by side, on one color scale: the heads of a layer, the sites of a
/// model.
///
/// Labels that all panels share are only at the left and below. The page is about 18 cm wide at
/// most, whatever the panels' number and shape.
public struct HeatmapGrid: Figure {
  /// The heatmaps from left to right, then downward. Each gives its cells, labels, breaks, marks
  /// and its title; what concerns the whole page is the grid's own.
  public let panels: [Heatmap]
  /// The number of panels side by side; nil takes the number that shows the cells best.
  public var columns: Int?

  /// The title above the figure; empty for none.
  public var title = ""
  /// The line below the title; empty for none.
  public var subtitle = ""
  /// The rows' title, such as "Layer".
  public var rowTitle: String
  /// The columns' title, such as "Token".
  public var columnTitle: String
  /// The values' title, beside the color bar.
  public var valueTitle: String
  /// The meaning of hatched cells, beside the color bar.
  public var missingTitle: String
  /// The colors of the values.
  public var colorMap: ColorMap
  /// The values that get the color map's ends; nil takes the smallest and largest of all panels.
  public var range: ClosedRange<Double>?
  /// The value that gets a diverging map's middle.
  public var center: Double
  /// Values that a line across the color bar marks.
  public var markedValues: [Double]
  /// True when cells are as high as wide.
  public var hasSquareCells: Bool
  /// True when values are written into the cells, provided that all of them have room.
  public var showsValues: Bool
  /// The page as it is asked for; by default as the cells and their labels are best read.
  public var page = FigurePage()
  /// The page's colors and font.
  public var theme: Theme
  /// Pixels in an inch, for PNG.
  public var resolution: Double

  /// Panels of equal numbers of rows and columns, at least one.
  ///
  /// The axes' titles, the color map with its range and center, the theme and the resolution are
  /// those of the first panel until they are set.
  public init(panels: [Heatmap]) {
    require(!panels.isEmpty, "HeatmapGrid: expected at least one panel")
    let first = panels[0]
    let (rows, columns) = (first.rowLabels.count, first.columnLabels.count)
    for (index, panel) in panels.enumerated() {
      require(
        panel.rowLabels.count == rows && panel.columnLabels.count == columns,
        "HeatmapGrid: expected \(rows) × \(columns) cells in panel \(index), got "
          + "\(panel.rowLabels.count) × \(panel.columnLabels.count)")
    }
    self.panels = panels
    rowTitle = first.rowTitle
    columnTitle = first.columnTitle
    valueTitle = first.valueTitle
    missingTitle = first.missingTitle
    colorMap = first.colorMap
    range = first.range
    center = first.center
    markedValues = first.markedValues
    hasSquareCells = first.hasSquareCells
    showsValues = first.showsValues
    theme = first.theme
    resolution = first.resolution
  }

  /// The page in centimeters, as the panels and their labels ask for.
  public var size: FigureSize {
    FigureSize(points: HeatmapGridLayout(self, measuredOn: Canvas(measuring: theme)).page)
  }
}

extension HeatmapGrid {
  /// Draws the panels with their labels and the color bar.
  public func draw(on canvas: Canvas) {
    let layout = HeatmapGridLayout(self, measuredOn: canvas)
    let origin = CGPoint(x: Spacing.margin, y: Spacing.margin)
    layout.heading.draw(on: canvas, at: origin, theme: theme)
    for (index, panel) in layout.panels.enumerated() {
      panel.draw(on: canvas)
      canvas.draw(
        layout.title(of: index, color: theme.text),
        at: CGPoint(x: panel.plot.minX, y: panel.plot.minY - HeatmapGridLayout.titleGap),
        anchor: Anchor(x: 0, y: 1))
      layout.rowLabels(of: index)?.draw(on: canvas, leftOf: panel.plot.minX, theme: theme) {
        panel.frame(of: Heatmap.Cell(row: $0, column: 0)).midY
      }
      layout.columnLabels(of: index)?.draw(on: canvas, below: panel.plot, theme: theme)
    }
    let cells = layout.cells
    canvas.drawTitle(rowTitle, upwardsFrom: layout.rowTitleX, middle: cells.midY, theme: theme)
    canvas.drawTitle(columnTitle, below: layout.columnTitleY, middle: cells.midX, theme: theme)
    layout.bar.draw(on: canvas, from: layout.barEdge, middle: cells.midY, theme: theme)
  }
}

import Foundation
import InterchangeBasics

/// Heatmaps of one shape side by side, on one colour scale: the heads of a layer, the sites of a
/// model.
///
/// Labels that all panels share stand only at the left and below. The page is about 18 cm wide at
/// most, whatever the panels' number and shape.
public struct HeatmapGrid: Figure {
  /// From left to right, then downwards. Each gives its cells, labels, breaks, marks and its title;
  /// what concerns the whole page is the grid's own.
  public let panels: [Heatmap]
  /// How many panels stand side by side; nil takes the number that shows the cells best.
  public var columns: Int?

  public var title = ""
  public var subtitle = ""
  /// What the rows are, such as "Layer".
  public var rowTitle: String
  /// What the columns are, such as "Token".
  public var columnTitle: String
  /// What the values are, beside the colour bar.
  public var valueTitle: String
  /// What hatched cells are, beside the colour bar.
  public var missingTitle: String
  public var colorMap: ColorMap
  /// The values that get the colour map's ends; nil takes the smallest and largest of all panels.
  public var range: ClosedRange<Double>?
  /// The value that gets a diverging map's middle.
  public var center: Double
  /// Whether cells are as high as wide.
  public var hasSquareCells: Bool
  /// Whether values are written into the cells when all of them have room.
  public var showsValues: Bool
  public var theme: Theme
  /// Pixels in an inch, for PNG.
  public var resolution: Double

  /// Panels of equal numbers of rows and columns, at least one.
  ///
  /// The axes' titles, the colour map with its range and centre, the theme and the resolution are
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
    hasSquareCells = first.hasSquareCells
    showsValues = first.showsValues
    theme = first.theme
    resolution = first.resolution
  }

  /// The page in centimetres, as the panels and their labels ask for.
  public var size: FigureSize {
    FigureSize(points: HeatmapGridLayout(self, measuredOn: Canvas(measuring: theme)).page)
  }
}

extension HeatmapGrid {
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

import Foundation

/// The places in points of everything on a scatter chart's page.
package struct ScatterLayout {
  package let page: CGSize
  let heading: Heading
  /// The series' names, beside their shapes.
  let shapes: Legend
  /// The categories' names, beside their colors.
  let categories: Legend
  /// The colors of numbers.
  let bar: ColorBar?
  let barEdge: Double
  package let plot: CGRect
  let x: ValueScale
  let y: ValueScale
  let xTicks: HorizontalTicks
  let yTicks: Ticks
  let yTitleX: Double
  let xTitleY: Double

  /// The width of a mark in a legend.
  private static let sample = 7.0
  private static let leastPlotHeight = 2.2 * FigureSize.points
  private static let leastPlotWidth = 2.5 * FigureSize.points

  package init(_ chart: ScatterChart, measuredOn canvas: Canvas) {
    let size = chart.pageSize.points
    let inner = size.width - 2 * Spacing.margin
    heading = Heading(
      title: chart.title, subtitle: chart.subtitle, atLeast: inner, widest: inner, on: canvas)
    shapes = Legend(chart.series.map(\.name), sample: Self.sample, width: inner, on: canvas)
    if case .categories(let names) = chart.coloring {
      categories = Legend(
        names, title: chart.valueTitle, sample: Self.sample, width: inner, on: canvas)
    } else {
      categories = Legend([], sample: Self.sample, width: inner, on: canvas)
    }

    let titleLine = canvas.size(of: Text("X", size: Spacing.titleSize)).height
    let line = canvas.size(of: Text("0", size: Spacing.labelSize)).height
    let top =
      Spacing.margin + heading.height + shapes.height + categories.height + line / 2
    let depth = Spacing.labels + line
    let below = depth + (chart.xTitle.isEmpty ? 0 : titleLine + Spacing.titleGap) + Spacing.margin
    let least = max(size.height - top - below, Self.leastPlotHeight)
    let bar = chart.bar(plotHeight: least, on: canvas)
    let plotHeight = max(least, bar?.height ?? 0)
    let yTitle = chart.yTitle.isEmpty ? 0 : titleLine + Spacing.titleGap

    // The ranges shown decide how wide the labels are, and with equal units the plot's width
    // decides the ranges shown.
    var (left, right) = (yTitle + Spacing.labels, bar?.width ?? 0)
    var plot = CGRect.zero
    var scales = chart.scales(on: CGSize(width: 1, height: 1))
    var yTicks = Ticks(in: scales.y.range, limit: 6)
    var xTicks = HorizontalTicks(
      in: scales.x.range, width: inner, fontSize: Spacing.labelSize, on: canvas)
    func widths(_ labels: [String]) -> [Double] {
      labels.map { canvas.size(of: Text($0, size: Spacing.labelSize)).width }
    }
    for _ in 0..<4 {
      plot = CGRect(
        x: Spacing.margin + left, y: top,
        width: max(inner - left - right, Self.leastPlotWidth), height: plotHeight)
      scales = chart.scales(on: plot.size)
      yTicks = Ticks(in: scales.y.range, limit: max(3, min(7, Int(plotHeight / 20))))
      xTicks = HorizontalTicks(
        in: scales.x.range, width: plot.width, fontSize: Spacing.labelSize, on: canvas)
      // Labels below the plot may reach out on both sides of it.
      let ends = zip(xTicks.places, widths(xTicks.labels)).map { place, width in
        let x = scales.x.position(of: place) * plot.width
        return (left: width / 2 - x, right: x + width / 2 - plot.width)
      }
      let wanted = (
        left: max(
          yTitle + Spacing.labels + (widths(yTicks.labels).max() ?? 0),
          ends.map(\.left).max() ?? 0),
        right: max(bar?.width ?? 0, ends.map(\.right).max() ?? 0)
      )
      guard wanted.left > left || wanted.right > right else { break }
      (left, right) = (max(left, wanted.left), max(right, wanted.right))
    }
    self.plot = plot
    (x, y) = scales
    self.xTicks = xTicks
    self.yTicks = yTicks
    self.bar = bar
    barEdge = plot.maxX
    yTitleX = Spacing.margin
    xTitleY = plot.maxY + depth
    page = CGSize(
      width: max(size.width, plot.maxX + right + Spacing.margin), height: plot.maxY + below)
  }

  /// A point's place on the page.
  package func place(of point: ScatterChart.Point) -> CGPoint {
    CGPoint(
      x: plot.minX + x.position(of: point.x) * plot.width,
      y: plot.maxY - y.position(of: point.y) * plot.height)
  }
}

extension ScatterChart {
  fileprivate func bar(plotHeight: Double, on canvas: Canvas) -> ColorBar? {
    guard case .colorMap(let map, _, _) = coloring, let scale = valueScale else { return nil }
    return ColorBar(
      map, scale, title: valueTitle, missing: nil, plotHeight: plotHeight, on: canvas)
  }
}

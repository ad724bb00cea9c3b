import Foundation

/// The places in points of everything on a line chart's page.
struct LineChartLayout {
  let page: CGSize
  let heading: Heading
  let legend: Legend
  let plot: CGRect
  let verticalScale: ValueScale
  let verticalTicks: Ticks
  let horizontalRange: ClosedRange<Double>
  let horizontalTicks: HorizontalTicks
  /// The labels of categories, set together; nil on an axis of numbers.
  let categoryLabels: AxisLabels?
  /// The left edge of the vertical axis's title.
  let yTitleX: Double
  /// The upper edge of the horizontal axis's title.
  let xTitleY: Double

  private static let leastPlotHeight = 2.2 * FigureSize.points
  private static let leastPlotWidth = 2.5 * FigureSize.points

  init(_ chart: LineChart, measuredOn canvas: Canvas) {
    let size = chart.pageSize.points
    let inner = size.width - 2 * Spacing.margin
    heading = Heading(
      title: chart.title, subtitle: chart.subtitle, atLeast: inner, widest: inner, on: canvas)
    legend = Legend(chart.series.map(\.name), sample: 15, width: inner, on: canvas)
    verticalScale = chart.verticalScale
    verticalTicks = Ticks(in: verticalScale.range, limit: 6)
    horizontalRange = chart.horizontalRange

    let titleLine = canvas.size(of: Text("X", size: Spacing.titleSize)).height
    let line = canvas.size(of: Text("0", size: Spacing.labelSize)).height
    func width(_ label: String) -> Double {
      canvas.size(of: Text(label, size: Spacing.labelSize)).width
    }
    let left =
      Spacing.margin + (chart.yTitle.isEmpty ? 0 : titleLine + Spacing.titleGap)
      + (verticalTicks.labels.map(width).max() ?? 0) + Spacing.labels
    let references = chart.references.map { canvas.size(of: Self.referenceText($0.label)).width }
    let right = Spacing.margin + (references.max().map { $0 + 4 } ?? 0)
    var plotWidth = max(size.width - left - right, Self.leastPlotWidth)
    func labels(_ width: Double) -> AxisLabels? {
      guard case .categories(let names) = chart.horizontalScale, !names.isEmpty else { return nil }
      return AxisLabels(
        names, pitch: width / Double(names.count), fontSize: Spacing.labelSize,
        breaksLines: true, on: canvas)
    }
    // Slanted labels of the first categories may reach beyond the axis's own labels.
    func edge(_ labels: AxisLabels?, _ width: Double) -> Double {
      let overhang = labels.map {
        $0.overhang.left - width / Double(max($0.labels.count, 1)) / 2 + Spacing.margin
      }
      return max(left, overhang ?? 0)
    }
    var categories = labels(plotWidth)
    for _ in 0..<4 {
      let excess = edge(categories, plotWidth) + plotWidth + right - size.width
      guard excess > 0.01 else { break }
      plotWidth = max(plotWidth - excess, Self.leastPlotWidth)
      categories = labels(plotWidth)
    }
    categoryLabels = categories
    horizontalTicks = HorizontalTicks(
      chart, width: plotWidth, fontSize: Spacing.labelSize, on: canvas)
    let depth = Spacing.labels + (categoryLabels?.depth ?? line)
    let below = depth + (chart.xTitle.isEmpty ? 0 : titleLine + Spacing.titleGap) + Spacing.margin
    let top = Spacing.margin + heading.height + legend.height + line / 2
    let plotHeight = max(size.height - top - below, Self.leastPlotHeight)

    let start = edge(categories, plotWidth)
    yTitleX = start - left + Spacing.margin
    plot = CGRect(x: start, y: top, width: plotWidth, height: plotHeight)
    page = CGSize(
      width: max(size.width, start + plotWidth + right), height: top + plotHeight + below)
    xTitleY = plot.maxY + depth
  }

  static func referenceText(_ label: String) -> Text {
    Text(label, size: 6.5, overflow: .wrap(1.9 * FigureSize.points))
  }

  /// The point of the page for a place along the axis and a value.
  func point(_ place: Double, _ value: Double) -> CGPoint {
    let part =
      (place - horizontalRange.lowerBound)
      / (horizontalRange.upperBound - horizontalRange.lowerBound)
    return CGPoint(
      x: plot.minX + part * plot.width,
      y: plot.maxY - verticalScale.position(of: value) * plot.height)
  }
}

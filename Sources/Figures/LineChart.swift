import Foundation
import InterchangeBasics

/// Curves with intervals, such as accuracy over rank with its controls.
public struct LineChart: Figure {
  /// A measured value.
  public struct Point: Sendable, Hashable {
    /// The place along the axis; on an axis of categories, the category's index.
    public var x: Double
    /// The value; NaN interrupts the line.
    public var y: Double
    /// The value's interval, such as a 95 % confidence interval.
    public var interval: ClosedRange<Double>?
    /// The text beside the point.
    public var label: String?

    /// A value at a place, with its interval and its name if it has them.
    public init(
      x: Double, y: Double, interval: ClosedRange<Double>? = nil, label: String? = nil
    ) {
      self.x = x
      self.y = y
      self.interval = interval
      self.label = label
    }
  }

  /// The way in which intervals are drawn.
  public enum IntervalStyle: Sendable, Hashable {
    /// A vertical line with caps at each point.
    case whiskers
    /// A lightly colored band along the curve.
    case band
  }

  /// One curve.
  public struct Series: Sendable, Hashable {
    /// The name in the legend; empty for none.
    public var name: String
    /// The measured values, in the order in which a line joins them.
    public var points: [Point]
    /// The way in which its intervals are drawn.
    public var intervals = IntervalStyle.whiskers
    /// True for a control, which is gray and dashed and is drawn under the other series. With a
    /// band it reaches across the whole chart, level beyond its first and last point; one point is
    /// enough.
    public var isControl = false
    /// True when a line joins the points.
    public var isJoined = true

    /// A curve through points in the order given.
    public init(_ name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// A value drawn across the chart, such as chance.
  public struct ReferenceLine: Sendable, Hashable {
    /// The text at the line's right end.
    public var label: String
    /// The finite value at which the line is drawn.
    public var value: Double

    /// A horizontal line at a finite value, lettered at its right end.
    public init(_ label: String, at value: Double) {
      require(value.isFinite, "LineChart: expected a finite reference line, got \(value)")
      self.label = label
      self.value = value
    }
  }

  /// The measure of places along the horizontal axis.
  public enum HorizontalScale: Sendable, Hashable {
    /// Equal differences are equal distances.
    case linear
    /// Equal factors are equal distances; every x must be positive.
    case logarithmic
    /// Named places at equal distances, in this order.
    case categories([String])
  }

  /// The curves, the first ones in the theme's first colors.
  public var series: [Series]
  /// The values drawn across the chart.
  public var references: [ReferenceLine] = []
  /// The title above the figure; empty for none.
  public var title = ""
  /// The line below the title; empty for none.
  public var subtitle = ""
  /// The horizontal axis's title.
  public var xTitle = ""
  /// The vertical axis's title.
  public var yTitle = ""
  /// The measure of places along the horizontal axis.
  public var horizontalScale = HorizontalScale.linear
  /// The values shown; nil takes all values, intervals and references, rounded outwards.
  public var valueRange: ClosedRange<Double>?
  /// The page in centimeters, one column of a journal; a long heading makes it higher.
  public var pageSize = FigureSize(width: 8.9, height: 6.4)
  /// The page's colors and font.
  public var theme = Theme.light
  /// Pixels in an inch, for PNG.
  public var resolution = 300.0

  /// A chart of curves, the first ones drawn in the theme's first colors.
  public init(series: [Series]) {
    self.series = series
  }

  /// `pageSize` as it is asked for.
  public var page: FigurePage {
    get { FigurePage(width: pageSize.width, height: pageSize.height) }
    set {
      pageSize.width = newValue.width ?? pageSize.width
      pageSize.height = newValue.height ?? pageSize.height
    }
  }

  /// The page in centimeters: `pageSize`, or higher when the heading and the labels ask for it.
  public var size: FigureSize {
    FigureSize(points: LineChartLayout(self, measuredOn: Canvas(measuring: theme)).page)
  }
}

extension LineChart {
  /// The values shown from bottom to top.
  var verticalScale: ValueScale {
    if let valueRange { return ValueScale(valueRange) }
    var values = series.flatMap(\.points).flatMap { point in
      [point.y, point.interval?.lowerBound ?? point.y, point.interval?.upperBound ?? point.y]
    }
    values = values.filter(\.isFinite) + references.map(\.value)
    guard let least = values.min(), let most = values.max() else { return ValueScale(0...1) }
    let scale = ValueScale(least...most)
    return ValueScale(Ticks.roundedOutwards(scale.range, limit: 6))
  }

  /// The place of an x on the axis: itself, its logarithm, or its category's index.
  func place(of x: Double) -> Double {
    guard case .logarithmic = horizontalScale else { return x }
    require(x > 0, "LineChart: expected positive x on a logarithmic axis, got \(x)")
    return log(x)
  }

  /// The axis from left to right, in places.
  var horizontalRange: ClosedRange<Double> {
    if case .categories(let names) = horizontalScale {
      return -0.5...(Double(max(names.count, 1)) - 0.5)
    }
    let places = series.flatMap(\.points).map { place(of: $0.x) }.filter(\.isFinite)
    let range = ValueScale((places.min() ?? 0)...(places.max() ?? 1)).range
    // Marks and whiskers stay clear of the axes.
    let clearance = (range.upperBound - range.lowerBound) * 0.05
    return range.lowerBound - clearance...range.upperBound + clearance
  }

  /// The color of a series: controls are gray, the others take the theme's colors in turn.
  func color(of index: Int) -> Color {
    if series[index].isControl || theme.series.isEmpty { return theme.control }
    let position = series[..<index].count { !$0.isControl }
    return theme.series[position % theme.series.count]
  }
}

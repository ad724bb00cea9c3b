import Foundation

/// Points in a plane, such as base, source and patched activations in a subspace's coordinates.
///
/// A series has a shape; a point's color is its series' own, or shows the value of a variable.
public struct ScatterChart: Figure {
  /// A measured point.
  public struct Point: Sendable, Hashable {
    /// The place along the horizontal axis.
    public var x: Double
    /// The place along the vertical axis.
    public var y: Double
    /// The value that the point's color shows: a number, or among categories the category's index.
    public var value: Double?

    /// A point; one that is not finite is not drawn.
    public init(x: Double, y: Double, value: Double? = nil) {
      self.x = x
      self.y = y
      self.value = value
    }
  }

  /// Points of one kind.
  public struct Series: Sendable, Hashable {
    /// The name in the legend; empty for none.
    public var name: String
    /// The measured points.
    public var points: [Point]
    /// The shape of its points; nil takes the shapes in turn.
    public var marker: Marker?
    /// The index of its color in the theme, begun again after the last; nil takes them in turn.
    public var colorIndex: Int?

    /// Points with a name, a shape and a color of the theme.
    public init(
      _ name: String, points: [Point], marker: Marker? = nil, colorIndex: Int? = nil
    ) {
      self.name = name
      self.points = points
      self.marker = marker
      self.colorIndex = colorIndex
    }
  }

  /// A way from one point to another, such as from a base activation to the patched one.
  public struct Arrow: Sendable, Hashable {
    /// The point at which the arrow begins.
    public var start: Point
    /// The point at which the arrow ends.
    public var end: Point

    /// An arrow; it ends clear of the marks of its points, and one between near points is left out.
    public init(from start: Point, to end: Point) {
      self.start = start
      self.end = end
    }
  }

  /// The source of points' colors.
  public enum Coloring: Sendable, Hashable {
    /// Its series.
    case series
    /// Its value, the index of one of these names. Up to as many as the theme has colors take
    /// those; more are spread over a color map in this order.
    case categories([String])
    /// Its value on a color map, with a bar beside the chart; nil takes all values' range.
    case colorMap(ColorMap, range: ClosedRange<Double>? = nil, center: Double = 0)
  }

  /// The relation of the two axes' units.
  public enum Aspect: Sendable, Hashable {
    /// Each axis fills its length.
    case free
    /// A unit is equally long on both, so that distances and angles are true.
    case equal
  }

  /// The points of each kind; later ones are drawn over earlier ones.
  public var series: [Series]
  /// The arrows, drawn under all points.
  public var arrows: [Arrow] = []
  /// The source of points' colors.
  public var coloring = Coloring.series
  /// The relation of the two axes' units.
  public var aspect = Aspect.free
  /// The title above the figure; empty for none.
  public var title = ""
  /// The line below the title; empty for none.
  public var subtitle = ""
  /// The horizontal axis's title.
  public var xTitle = ""
  /// The vertical axis's title.
  public var yTitle = ""
  /// The colors' title: before the categories' names, or beside the color bar.
  public var valueTitle = ""
  /// The range of the horizontal axis; nil takes all points and arrows. Equal units widen one of
  /// the axes' ranges.
  public var xRange: ClosedRange<Double>?
  /// The range of the vertical axis, likewise.
  public var yRange: ClosedRange<Double>?
  /// The page in centimeters, one column of a journal; a long heading makes it higher.
  public var pageSize = FigureSize(width: 8.9, height: 8.2)
  /// The page's colors and font.
  public var theme = Theme.light
  /// Pixels in an inch, for PNG.
  public var resolution = 300.0

  /// Points of several kinds, the first ones in the first shapes and the theme's first colors.
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

  /// The page in centimeters: `pageSize`, or larger when the heading and the legends ask for it.
  public var size: FigureSize {
    FigureSize(points: ScatterLayout(self, measuredOn: Canvas(measuring: theme)).page)
  }
}

extension ScatterChart {
  /// The shape of a series.
  func marker(of index: Int) -> Marker {
    series[index].marker ?? Marker.allCases[index % Marker.allCases.count]
  }

  /// The color of a series' point, or of a sample of the series when there is no point.
  ///
  ///   - Parameter scale: the scale of values on the color map.
  func color(of point: Point? = nil, in index: Int, on scale: ValueScale? = nil) -> Color {
    switch coloring {
    case .series:
      guard !theme.series.isEmpty else { return theme.control }
      let number = series[index].colorIndex ?? index
      return theme.series[(number % theme.series.count + theme.series.count) % theme.series.count]
    case .categories(let names):
      guard let point else { return theme.secondaryText }
      guard let value = point.value, let category = Int(exactly: value),
        names.indices.contains(category)
      else { return theme.control }
      return color(ofCategory: category, among: names.count)
    case .colorMap(let map, _, _):
      guard let point else { return theme.secondaryText }
      guard let value = point.value, !value.isNaN, let scale else {
        return theme.control
      }
      return map.color(at: scale.position(of: value))
    }
  }

  /// The theme's colors while there are enough; more categories are even steps of a color map,
  /// without its end that is too near to the page.
  func color(ofCategory category: Int, among count: Int) -> Color {
    if count <= theme.series.count { return theme.series[category] }
    let part = Double(category) / Double(count - 1)
    let isDark = theme.background.lightness < 50
    return ColorMap.viridis.color(at: isDark ? 0.25 + 0.75 * part : 0.92 * part)
  }

  /// The scale of values on the color map; nil without one.
  var valueScale: ValueScale? {
    guard case .colorMap(let map, let range, let center) = coloring else { return nil }
    let values = series.flatMap(\.points).compactMap(\.value)
    return ValueScale(of: values, on: map, range: range, center: center)
  }

  /// The ranges shown of both axes on a plot of this size.
  func scales(on plot: CGSize) -> (x: ValueScale, y: ValueScale) {
    let points = (series.flatMap(\.points) + arrows.flatMap { [$0.start, $0.end] })
      .filter { $0.x.isFinite && $0.y.isFinite }
    var x = xRange ?? Self.range(of: points.map(\.x))
    var y = yRange ?? Self.range(of: points.map(\.y))
    if aspect == .equal {
      let unit = max(
        (x.upperBound - x.lowerBound) / plot.width, (y.upperBound - y.lowerBound) / plot.height)
      x = Self.widened(x, to: unit * plot.width)
      y = Self.widened(y, to: unit * plot.height)
    }
    return (ValueScale(x), ValueScale(y))
  }

  /// All values, marks kept clear of the axes.
  private static func range(of values: [Double]) -> ClosedRange<Double> {
    let range = ValueScale((values.min() ?? 0)...(values.max() ?? 1)).range
    let clearance = (range.upperBound - range.lowerBound) * 0.06
    return range.lowerBound - clearance...range.upperBound + clearance
  }

  private static func widened(
    _ range: ClosedRange<Double>, to extent: Double
  ) -> ClosedRange<Double> {
    let more = max(0, extent - (range.upperBound - range.lowerBound)) / 2
    return range.lowerBound - more...range.upperBound + more
  }
}

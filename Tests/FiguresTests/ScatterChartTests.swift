import Foundation
import InterchangeFigures
import Testing

@Suite struct ScatterChartTests {
  private func layout(_ chart: ScatterChart) -> ScatterLayout {
    ScatterLayout(chart, measuredOn: Canvas(measuring: chart.theme))
  }

  /// The pixels in the middle of points.
  private func colors(at points: [ScatterChart.Point], _ chart: ScatterChart) throws -> [Color] {
    let (layout, pixels) = (layout(chart), try chart.rendered())
    let scale = chart.resolution / 72
    return points.map { point in
      let place = layout.place(of: point)
      return pixels[Int(place.x * scale), Int(place.y * scale)]
    }
  }

  @Test(arguments: [Theme.light, .dark])
  func `A point has its category's colour, in whatever series`(theme: Theme) throws {
    var chart = ReferenceFigure.subspaceMap
    chart.theme = theme
    chart.resolution = 300
    let points = chart.series.flatMap { $0.points.suffix(2) }
    for (point, found) in zip(points, try colors(at: points, chart)) {
      #expect(isNear(found, theme.series[Int(point.value!)], within: 1))
    }
  }

  @Test func `Without categories a series has a colour of the theme`() throws {
    let (first, second) = (ScatterChart.Point(x: 0, y: 0), ScatterChart.Point(x: 1, y: 3))
    var chart = ScatterChart(
      series: [
        .init("a", points: [first]), .init("b", points: [second], marker: .cross, colorIndex: 4),
      ])
    var found = try colors(at: [first, second], chart)
    #expect(isNear(found[0], Theme.light.series[0], within: 1))
    #expect(isNear(found[1], Theme.light.series[4], within: 1))
    chart.series[1].colorIndex = nil
    found = try colors(at: [first, second], chart)
    #expect(isNear(found[1], Theme.light.series[1], within: 1))
  }

  @Test func `Numbers are colours of a map`() throws {
    let points = (0..<5).map { ScatterChart.Point(x: Double($0), y: 0, value: Double($0)) }
    let unknown = ScatterChart.Point(x: 2, y: 1)
    var chart = ScatterChart(series: [.init("a", points: points + [unknown])])
    chart.coloring = .colorMap(.viridis, range: 0...8)
    let found = try colors(at: points + [unknown], chart)
    for (point, color) in zip(points, found) {
      let expected = ColorMap.viridis.color(at: point.value! / 8)
      #expect(isNear(color, expected, within: 1))
    }
    #expect(isNear(found[5], Theme.light.control, within: 1))
  }

  @Test func `Equal units are equally long`() {
    var chart = ReferenceFigure.subspaceMap
    func units() -> (x: Double, y: Double) {
      let layout = layout(chart)
      let (origin, one) = (
        layout.place(of: .init(x: 0, y: 0)), layout.place(of: .init(x: 1, y: 1))
      )
      return (one.x - origin.x, origin.y - one.y)
    }
    #expect(abs(units().x - units().y) < 1e-9)
    chart.xRange = -100...100
    #expect(abs(units().x - units().y) < 1e-9)
    chart.aspect = .free
    #expect(units().y > 10 * units().x)
  }

  @Test(arguments: [ScatterChart.Aspect.free, .equal])
  func `All points and arrows lie inside`(aspect: ScatterChart.Aspect) {
    for width in [5.0, 8.9, 17] {
      for factor in [1e-9, 1, 12_345] {
        var chart = ScatterChart(
          series: [.init("a", points: [.init(x: -factor, y: 2), .init(x: factor, y: 3)])])
        chart.arrows = [.init(from: .init(x: 0, y: 0), to: .init(x: 2 * factor, y: 5))]
        chart.aspect = aspect
        chart.pageSize.width = width
        let layout = layout(chart)
        #expect(CGRect(origin: .zero, size: layout.page).contains(layout.plot))
        let points = chart.series[0].points + [chart.arrows[0].start, chart.arrows[0].end]
        #expect(points.allSatisfy { layout.plot.contains(layout.place(of: $0)) })
      }
    }
  }

  @Test func `Wide labels at the axis's ends are not cut`() throws {
    for places in [-1e-4...1e-4, 0...12_345_678, -1_000...1_000] {
      var chart = ScatterChart(series: [.init("", points: [.init(x: 0, y: 1)])])
      chart.xRange = places
      chart.resolution = 100
      #expect(try hasEmptyEdge(chart))
    }
  }

  private static let colorings: [ScatterChart.Coloring] = [
    .series, .categories(["a", "b"]), .categories((0..<12).map(String.init)), .categories([]),
    .colorMap(.blueRed), .colorMap(.viridis, range: 1...2),
  ]

  @Test(arguments: colorings)
  func `Any points can be drawn`(coloring: ScatterChart.Coloring) throws {
    let unusual: [ScatterChart.Point] = [
      .init(x: .nan, y: 0), .init(x: 1, y: .infinity), .init(x: 1, y: 1, value: .nan),
      .init(x: 2, y: 1, value: 1), .init(x: 2, y: 2, value: 11.5), .init(x: 2, y: 2, value: 1e300),
    ]
    for points in [[], [unusual[3]], unusual] {
      var chart = ScatterChart(
        series: Marker.allCases.map { .init("ключи \($0)", points: points, marker: $0) })
      chart.arrows = zip(points, points.reversed()).map { .init(from: $0, to: $1) }
      chart.coloring = coloring
      chart.valueTitle = "number"
      chart.xTitle = "first coordinate"
      chart.yTitle = "second coordinate"
      chart.title = "A title that needs several lines on so narrow a page as this one is"
      chart.pageSize.width = 5
      chart.resolution = 100
      for theme in [Theme.light, .dark] {
        chart.theme = theme
        #expect(try hasEmptyEdge(chart))
        for format in FigureFormat.allCases { #expect(try chart.data(as: format).count > 100) }
      }
    }
  }
}

import Foundation
import InterchangeFigures
import Testing

/// Figures on pages that were asked for, and several in one.
@Suite struct FigurePageTests {
  private static let column = 8.4
  private static let shapes = [
    (1, 1), (1, 12), (30, 1), (30, 12), (30, 8), (4, 40), (60, 24), (3, 3),
  ]

  private func map(_ rows: Int, _ columns: Int) -> Heatmap {
    let labels = ["␣unbelievably", "‹subject›", "␣the", "␊", "␣near …", ","]
    var map = Heatmap(
      values: sampleHeatmap(rows: rows, columns: columns).values,
      rowLabels: (0..<rows).map(String.init),
      columnLabels: (0..<columns).map { labels[$0 % labels.count] })
    map.title = "agreement: interchange of subjectNumber"
    map.subtitle = "block_output, whole vector, n = 16 pairs; the most frequent answer alone: 0.56"
    (map.rowTitle, map.columnTitle) = ("layer", "position")
    map.valueTitle = "interchange intervention accuracy"
    map.markedCells = [Heatmap.Cell(row: 0, column: 0)]
    map.markedValues = [0.56]
    return map
  }

  /// A column of a paper: the page is as wide as asked, all is on it, no letter below 5.5 points.
  @Test(arguments: shapes)
  func `A map fits a paper's column`(shape: (rows: Int, columns: Int)) throws {
    let map = try map(shape.rows, shape.columns).fitted(to: FigurePage(width: Self.column))
    #expect(abs(map.size.width - Self.column) < 0.01)
    let layout = HeatmapLayout(map, measuredOn: Canvas(measuring: .light))
    #expect(CGRect(origin: .zero, size: layout.page).contains(layout.plot))
    #expect(layout.columnLabels.fontSize >= 5.5)
    #expect(layout.valueSize.map { $0 >= 6 } ?? true)
    #expect(try hasEmptyEdge(map))
    // Not much higher than wide, for a column of text to go on below.
    #expect(map.size.height < 1.6 * Self.column)
  }

  @Test(arguments: [(8.4, 5.0), (17.2, 8.0), (12, 12)])
  func `Both sides are as asked`(page: (width: Double, height: Double)) throws {
    let wanted = FigurePage(width: page.width, height: page.height)
    let chart = sampleChart()
    for figure in [map(12, 6), HeatmapGrid(panels: [map(6, 4), map(6, 4)]), chart] as [any Figure] {
      let size = try figure.fitted(to: wanted).size
      #expect(abs(size.width - page.width) < 0.01 && abs(size.height - page.height) < 0.01)
    }
  }

  @Test(arguments: [1, 2, 3, 9, 12])
  func `A grid fits a paper's column`(panels: Int) throws {
    let grid = HeatmapGrid(
      panels: (0..<panels).map { index in
        var panel = map(12, 8)
        panel.title = "attention_value_output, head \(index)"
        return panel
      })
    for width in [Self.column, 17.2] {
      let fitted = try grid.fitted(to: FigurePage(width: width))
      #expect(abs(fitted.size.width - width) < 0.01)
      #expect(try hasEmptyEdge(fitted))
    }
  }

  @Test func `What has no room is refused`() throws {
    let error = message { _ = try map(30, 12).fitted(to: FigurePage(width: 1.5)) }
    #expect(
      try #require(error).hasPrefix(
        "the figure “agreement: interchange of subjectNumber” has no room in a width of 1.50 cm"))
    #expect(message { _ = try map(3, 3).fitted(to: FigurePage(height: 0.5)) } != nil)
  }

  /// Categories whose labels reach to the left leave the page as wide as it is.
  @Test func `Charts keep to their page`() throws {
    var chart = sampleChart()
    let names = ["self swap of everything", "full vector", "random subspaces", "random model"]
    chart.horizontalScale = .categories(names)
    for index in chart.series.indices {
      for point in chart.series[index].points.indices {
        chart.series[index].points[point].x = Double(point)
      }
    }
    chart.references = [.init("most frequent answer", at: 0.56)]
    for width in [6.5, Self.column, 12] {
      let fitted = try chart.fitted(to: FigurePage(width: width))
      #expect(abs(fitted.size.width - width) < 0.01)
      #expect(try hasEmptyEdge(fitted))
    }
  }

  @Test func `Maps of several runs share one scale`() throws {
    let (one, other) = (map(4, 3), map(4, 3))
    let figure = try FigureComparison.figure(of: [("first", one), ("second", other)])
    let grid = try #require(figure as? HeatmapGrid)
    #expect(grid.panels.map(\.title) == ["first", "second"] && grid.title == one.title)
    #expect(grid.subtitle == one.subtitle && grid.markedValues == [0.56])
    let error = message {
      _ = try FigureComparison.figure(of: [("first", one), ("second", map(5, 3))])
    }
    #expect(
      try #require(error).contains("first has 4 × 3 cells, second 5 × 3 cells; choose the same"))
    #expect(
      message { _ = try FigureComparison.figure(of: [("a", one), ("b", sampleChart())]) }
        != nil)
  }

  /// Categories are those of both, and each point keeps its own.
  @Test func `Curves of several runs are together`() throws {
    func chart(_ names: [String]) -> LineChart {
      var chart = LineChart(series: [
        .init("", points: names.indices.map { .init(x: Double($0), y: Double($0)) })
      ])
      chart.horizontalScale = .categories(names)
      chart.references = [.init("chance", at: 0.5)]
      return chart
    }
    let figure = try FigureComparison.figure(of: [
      ("first", chart(["1", "2"])), ("second", chart(["2", "4"])),
    ])
    let both = try #require(figure as? LineChart)
    #expect(both.horizontalScale == .categories(["1", "2", "4"]))
    #expect(both.series.map(\.name) == ["first", "second"])
    #expect(both.series.map { $0.points.map(\.x) } == [[0, 1], [1, 2]])
    #expect(both.references == [.init("chance", at: 0.5)])
    var other = chart(["1"])
    other.yTitle = "loss"
    #expect(
      message { _ = try FigureComparison.figure(of: [("a", chart(["1"])), ("b", other)]) }
        != nil)
  }
}

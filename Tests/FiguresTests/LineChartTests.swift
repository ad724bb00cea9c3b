import Foundation
import InterchangeFigures
import Testing

@Suite struct LineChartTests {
  private func contains(_ pixels: Pixels, _ color: Color) -> Bool {
    (0..<pixels.height).contains { y in
      (0..<pixels.width).contains { isNear(pixels[$0, y], color, within: 1) }
    }
  }

  @Test func `Series have the theme's colours and controls are grey`() throws {
    for theme in [Theme.light, .dark] {
      var chart = sampleChart()
      chart.theme = theme
      let pixels = try chart.rendered()
      #expect(pixels[0, 0] == theme.background)
      #expect(pixels[pixels.width - 1, pixels.height - 1] == theme.background)
      #expect(contains(pixels, theme.series[0]))
      #expect(contains(pixels, theme.control))
      #expect(!contains(pixels, theme.series[1]))
    }
  }

  @Test func `The page has its size`() throws {
    var chart = sampleChart()
    chart.pageSize = FigureSize(width: 12, height: 7)
    #expect(abs(chart.size.width - 12) < 1e-9 && abs(chart.size.height - 7) < 1e-9)
    chart.resolution = 254
    let pixels = try chart.rendered()
    #expect(pixels.width == 1200 && pixels.height == 700)
    // A page too low for its heading grows.
    chart.pageSize = FigureSize(width: 4, height: 1)
    chart.title = "A title that needs several lines on so narrow a page as this"
    #expect(chart.size.height > 3)
  }

  @Test func `Every axis and gap can be drawn`() throws {
    let gaps = LineChart.Series(
      "gaps",
      points: [
        .init(x: 1, y: 0.2), .init(x: 2, y: .nan), .init(x: 3, y: 0.4, interval: 0.3...0.6),
        .init(x: 4, y: .infinity, interval: 0.1...(.infinity)),
      ])
    var band = gaps
    band.intervals = .band
    var scattered = gaps
    scattered.isJoined = false
    let scales: [LineChart.HorizontalScale] = [
      .linear, .logarithmic, .categories(["a", "b", "shuffled sources", "d", "e"]), .categories([]),
    ]
    for scale in scales {
      for series in [[], [gaps], [gaps, band, scattered], [LineChart.Series("", points: [])]] {
        var chart = LineChart(series: series)
        chart.horizontalScale = scale
        chart.references = [.init("chance", at: 0.5), .init("too high", at: 0.51)]
        for format in FigureFormat.allCases { #expect(try chart.data(as: format).count > 100) }
      }
    }
  }

  /// The parts of a row of pixels that have a color, as a share of the page's width.
  private func extent(of color: Color, _ pixels: Pixels, y: Int) -> ClosedRange<Double>? {
    let found = (0..<pixels.width).filter { isNear(pixels[$0, y], color, within: 3) }
    guard let first = found.first, let last = found.last else { return nil }
    return Double(first) / Double(pixels.width)...Double(last) / Double(pixels.width)
  }

  @Test(arguments: [Theme.light, .dark])
  func `A control's band reaches across the whole chart`(theme: Theme) throws {
    for places in [[3.0], [1.0, 2, 4]] {
      var control = LineChart.Series(
        "control", points: places.map { .init(x: $0, y: 0.5, interval: 0.2...0.8) })
      control.intervals = .band
      var chart = LineChart(
        series: [.init("", points: [.init(x: 0, y: 0), .init(x: 9, y: 1)]), control])
      chart.valueRange = 0...1
      chart.theme = theme
      // Between the grid lines, on no curve.
      func band(_ color: Color) throws -> ClosedRange<Double>? {
        let pixels = try chart.rendered()
        let mixed = Color(
          red: 0.82 * theme.background.red + 0.18 * color.red,
          green: 0.82 * theme.background.green + 0.18 * color.green,
          blue: 0.82 * theme.background.blue + 0.18 * color.blue)
        return extent(of: mixed, pixels, y: pixels.height * 5 / 8)
      }
      if places.count > 1 {
        let narrow = try #require(try band(theme.series[1]))
        #expect(narrow.upperBound - narrow.lowerBound < 0.5)
      }
      chart.series[1].isControl = true
      let whole = try #require(try band(theme.control))
      // All but the labels at the left and the margins.
      #expect(whole.lowerBound < 0.1 && whole.upperBound > 0.95)
    }
  }
}

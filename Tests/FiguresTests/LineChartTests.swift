import Figures
import Foundation
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
}

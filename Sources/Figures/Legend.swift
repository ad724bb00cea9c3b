import Foundation

/// The names of the series, in rows above the chart.
struct Legend {
  /// An entry's place relative to the legend.
  struct Entry {
    let series: Int
    let text: Text
    let origin: CGPoint
  }

  let entries: [Entry]
  /// With the space below; 0 when no series has a name.
  let height: Double

  static let sample = 15.0
  private static let fontSize = 7.0

  init(_ chart: LineChart, width: Double, on canvas: Canvas) {
    var entries: [Entry] = []
    var (x, y, line) = (0.0, 0.0, 0.0)
    for (index, series) in chart.series.enumerated() where !series.name.isEmpty {
      let limit = width - Self.sample - 3
      let text = Text(series.name, size: Self.fontSize, overflow: .ellipsis(limit))
      let size = canvas.size(of: text)
      let needed = Self.sample + 3 + size.width
      if x > 0 && x + needed > width {
        (x, y, line) = (0, y + line + 1, 0)
      }
      entries.append(Entry(series: index, text: text, origin: CGPoint(x: x, y: y)))
      x += needed + 10
      line = max(line, size.height)
    }
    self.entries = entries
    height = entries.isEmpty ? 0 : y + line + 4
  }
}

import Foundation
import InterchangeBasics
import InterchangeFigures

/// A bump of values between 0 and 1 on a table.
func sampleHeatmap(rows: Int, columns: Int) -> Heatmap {
  let values = (0..<rows).map { row in
    (0..<columns).map { column in
      exp(
        -pow(Double(row) / Double(rows) - 0.6, 2) * 8
          - pow(Double(column) / Double(columns) - 0.7, 2) * 8)
    }
  }
  var heatmap = Heatmap(
    values: values, rowLabels: (0..<rows).map(String.init),
    columnLabels: (0..<columns).map { "token\($0)" })
  heatmap.title = "Interchange accuracy"
  heatmap.rowTitle = "Layer"
  heatmap.columnTitle = "Token"
  heatmap.valueTitle = "Accuracy"
  return heatmap
}

func sampleChart() -> LineChart {
  let points = [(1.0, 0.7), (2, 0.9), (4, 0.95), (8, 0.97)].map { x, y in
    LineChart.Point(x: x, y: y, interval: y - 0.05...y + 0.02)
  }
  var control = LineChart.Series(
    "random", points: points.map { .init(x: $0.x, y: 0.1, interval: 0.05...0.2) })
  control.isControl = true
  control.intervals = .band
  var chart = LineChart(series: [LineChart.Series("DAS", points: points), control])
  chart.horizontalScale = .logarithmic
  chart.references = [.init("chance", at: 0.5)]
  chart.xTitle = "Rank"
  chart.yTitle = "Accuracy"
  return chart
}

/// A folder that is removed with its contents after use.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The names of the files in a folder.
func contents(of folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
}

/// The error that something throws, as a user reads it.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

func isNear(_ color: Color, _ other: Color, within levels: Double) -> Bool {
  let differences = [
    color.red - other.red, color.green - other.green, color.blue - other.blue,
  ]
  return differences.allSatisfy { abs($0) * 255 <= levels }
}

/// True when the outermost two points of a page have the background's color.
func hasEmptyEdge(_ figure: some Figure) throws -> Bool {
  let pixels = try figure.rendered()
  let edge = max(1, Int(2 * figure.resolution / 72))
  let background = figure.theme.background
  return (0..<pixels.height).allSatisfy { y in
    (0..<pixels.width).allSatisfy { x in
      let isInside =
        (edge..<pixels.width - edge).contains(x) && (edge..<pixels.height - edge).contains(y)
      return isInside || isNear(pixels[x, y], background, within: 1)
    }
  }
}

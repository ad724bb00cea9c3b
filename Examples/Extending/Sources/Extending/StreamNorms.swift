import Interchange

/// A study with a table, a figure and a section of the report: the length of the last token's
/// vector after each block.
struct StreamNorms: RunResult {
  static let kind = "streamNorms"

  let text: String
  /// By layer.
  let norms: [Double]

  init(_ text: String, in model: LanguageModel) throws {
    self.text = text
    let input = model.encode(text)
    var request = Request([input.input])
    request.captures = (0..<model.layers).map {
      Cells(.blockOutput, layer: $0, positions: [[input.length - 1]])
    }
    norms = try model.run(request).captures.map { row in
      row.elements.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
    }
  }

  var tables: [ResultTable] {
    [
      ResultTable(
        "The stream's length.", note: "The last token of “\(text)”.", header: ["layer", "norm"],
        rows: norms.enumerated().map { ["\($0)", "\(($1 * 1000).rounded() / 1000)"] })
    ]
  }

  func figures() -> [NamedFigure] {
    var chart = LineChart(
      series: [.init("", points: norms.enumerated().map { .init(x: Double($0), y: $1) })])
    (chart.title, chart.subtitle) = ("Length of the residual stream", "“\(text)”")
    (chart.xTitle, chart.yTitle) = ("layer", "norm")
    return [NamedFigure("stream-norms", chart)]
  }

  var sections: [ReportSection] {
    [
      ReportSection(
        kind: "stream", title: "The length of the residual stream",
        parts: tables.map(ReportSection.Part.table) + [.drawn(figures())],
        terms: [
          ReportTerm("Norm", order: 50, "The square root of the sum of a vector's squares.")
        ])
    ]
  }
}

import InterchangeAlignment
import InterchangeFigures
import InterchangeReports

extension ResultTable {
  /// The whole vector's scores at the layers among which one was chosen for all methods; nil where
  /// none was.
  init?(choiceOfLayer choice: [AttributeComparison.SiteScore]?) {
    guard let choice, choice.count > 1 else { return nil }
    self.init(
      "The choice of the layer.",
      note: "Swaps of the whole vector that cause the attribute, on training pairs.",
      header: ["layer", "Cause"], rows: choice.map { ["\($0.layer)", $0.score.summary] })
  }

  /// The scores by which each method's own layer was chosen; nil where none was.
  init?(layersOf methods: [AttributeMethodScores]) {
    guard let layers = methods.compactMap(\.layers).first else { return nil }
    self.init(
      "The choice of each method's layer.",
      note: "Fitted to three quarters of the training pairs, measured on the others.",
      header: ["method"] + layers.map { "\($0.layer)" },
      rows: methods.map { method in
        [method.title] + (method.layers ?? []).map { $0.score.summary }
      })
  }
}

extension LineChart {
  /// The scores by which layers were chosen, by layer: a line for each method; nil where each hasn't
  /// its own.
  init?(layersOf methods: [AttributeMethodScores]) {
    let chosen = methods.filter { $0.layers != nil }
    guard !chosen.isEmpty else { return nil }
    self.init(series: chosen.map { Series($0.title, scores: $0.layers ?? []) })
    (xTitle, valueRange) = ("layer", 0...1)
  }
}

extension LineChart.Series {
  /// Scores by layer.
  init(_ name: String, scores: [AttributeComparison.SiteScore]) {
    self.init(
      name,
      points: scores.map { score in
        LineChart.Point(
          x: Double(score.layer), y: score.score.value,
          interval: score.score.interval[0]...score.score.interval[1])
      })
  }
}

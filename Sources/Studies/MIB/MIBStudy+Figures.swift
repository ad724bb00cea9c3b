import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension MIBStudy {
  /// Accuracy by method and variable, beside a random model; and what layers were chosen by.
  public func figures() -> [NamedFigure] {
    guard !rows.isEmpty else { return [] }
    return [NamedFigure("mib", HeatmapGrid(self))]
      + [LineChart(choiceOf: self)].compactMap { $0.map { NamedFigure("mib-layers", $0) } }
      + rows.enumerated().compactMap { index, row in
        LineChart(layersOf: row.methods).map {
          var chart = $0
          chart.title = "MIB: the choice of each method’s layer"
          (chart.subtitle, chart.yTitle) = (row.title, "accuracy on training pairs")
          return NamedFigure("mib-layers-\(index + 1)", chart)
        }
      }
  }
}

extension Heatmap {
  /// Accuracies by method and variable, with the most frequent label's in the last row.
  fileprivate init(
    _ study: MIBStudy, title: String, _ score: (AttributeMethodScores) -> ShareScore?
  ) {
    let methods = study.rows[0].methods.map(\.title)
    let values = methods.map { title in
      study.rows.map { row in
        row.methods.first { $0.title == title }.flatMap(score)?.value ?? .nan
      }
    }
    self.init(
      values: values + [study.rows.map { $0.constantAnswer ?? .nan }],
      rowLabels: methods + ["most frequent label"], columnLabels: study.rows.map(\.title))
    (self.title, rowOrder, rowBreaks) = (title, .firstAtTop, [methods.count])
    range = 0...1
    valueTitle = "interchange intervention accuracy"
  }
}

extension HeatmapGrid {
  /// Accuracies by method and variable, in the model and in one with random weights.
  fileprivate init(_ study: MIBStudy) {
    var panels = [Heatmap(study, title: "model") { $0.cause(.test) }]
    if study.rows.contains(where: { $0.methods.contains { $0.randomModel != nil } }) {
      panels.append(
        Heatmap(study, title: "random model") { $0.randomCause(.test) })
    }
    self.init(panels: panels)
    title = "MIB: methods by variable"
  }
}

extension LineChart {
  /// The share of training pairs in which a swap of the whole vector causes the answer, by layer;
  /// nil where no layer was chosen so.
  fileprivate init?(choiceOf study: MIBStudy) {
    let series = study.rows.compactMap { row in
      row.choice.flatMap { $0.count > 1 ? Series(row.title, scores: $0) : nil }
    }
    guard !series.isEmpty else { return nil }
    self.init(series: series)
    title = "MIB: a swap of the whole vector, by layer"
    (xTitle, yTitle) = ("layer", "accuracy on training pairs")
    valueRange = 0...1
  }
}

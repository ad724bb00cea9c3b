import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension RAVELStudy {
  /// Disentangle by method, Cause and Iso of each part, and each method's choice of a layer.
  public func figures() -> [NamedFigure] {
    [NamedFigure("ravel", LineChart(disentangle: self))]
      + AttributePairs.Part.held.map {
        NamedFigure("ravel-\($0.rawValue)", LineChart(self, part: $0))
      }
      + [LineChart(layersOf: methods)].compactMap { chart in
        chart.map {
          var chart = $0
          chart.title = "RAVEL: the choice of each method’s layer"
          chart.subtitle = data
          chart.yTitle = "½ (Cause + Iso), training pairs"
          return NamedFigure("ravel-layers", chart)
        }
      }
  }
}

extension ShareScore {
  /// The score at a place of a chart.
  fileprivate func point(_ place: Int, shift: Double) -> LineChart.Point {
    LineChart.Point(
      x: Double(place) + shift, y: value, interval: interval[0]...interval[1])
  }
}

extension LineChart {
  /// Places side by side, of so many series.
  private static func shift(_ index: Int, of count: Int) -> Double {
    0.2 * (Double(index) - Double(count - 1) / 2)
  }

  private init(_ study: RAVELStudy, series: [Series]) {
    self.init(series: series)
    horizontalScale = .categories(study.methods.map(\.title))
    valueRange = 0...1
    pageSize = FigureSize(width: 11, height: 7.5)
  }

  /// Disentangle of each method on unseen entities and contexts, and in a random model.
  public init(disentangle study: RAVELStudy) {
    let parts = AttributePairs.Part.held
    var series = parts.enumerated().map { index, part in
      Series(
        part.title,
        points: study.methods.enumerated().compactMap { place, method in
          method.scores(part)?.disentangle.point(
            place, shift: Self.shift(index, of: parts.count + 1))
        })
    }
    var random = Series(
      "random model, unseen entities",
      points: study.methods.enumerated().compactMap { place, method in
        method.randomScores(.entities)?.disentangle.point(
          place, shift: Self.shift(parts.count, of: parts.count + 1))
      })
    random.isControl = true
    if !random.points.isEmpty { series.append(random) }
    for index in series.indices { series[index].isJoined = false }
    self.init(study, series: series)
    title = "RAVEL: Disentangle of \(study.attributes.joined(separator: ", "))"
    subtitle = "\(study.data), \(study.site)"
    yTitle = "½ (Cause + Iso)"
    references =
      [ReferenceLine("no swap", at: 0.5)]
      + (study.constantAnswer(.entities).map { [ReferenceLine("most frequent label", at: $0)] }
        ?? [])
  }

  /// Cause and Iso of each method in a part.
  public init(_ study: RAVELStudy, part: AttributePairs.Part) {
    func series(
      _ name: String, _ index: Int, _ score: (AttributeMethodScores.Scores) -> ShareScore
    ) -> Series {
      var series = Series(
        name,
        points: study.methods.enumerated().compactMap { place, method in
          method.scores(part).map {
            score($0).point(place, shift: Self.shift(index, of: 2))
          }
        })
      series.isJoined = false
      return series
    }
    self.init(
      study, series: [series("Cause", 0) { $0.cause }, series("Iso", 1) { $0.isolation }])
    title = "RAVEL: Cause and Iso, \(part.title)"
    subtitle =
      "\(study.data), \(study.site), means over \(study.attributes.joined(separator: ", "))"
    yTitle = "interchange intervention accuracy"
  }
}

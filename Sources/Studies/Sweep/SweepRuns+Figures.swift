import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension SweepRuns {
  /// A map of each metric, or maps side by side where several components or heads were swapped.
  public func figures() -> [NamedFigure] {
    guard let first = runs.first else { return [] }
    guard runs.count > 1 else { return first.figures() }
    var figures = first.maps.indices.map { index in
      NamedFigure(first.maps[index].file, HeatmapGrid(runs) { Heatmap($0.maps[index], of: $0) })
    }
    if first.maps.contains(where: \.isAccuracy), runs.contains(where: \.hasLogitDifferences) {
      figures.addUnlessNamed(
        NamedFigure("sweep-logit-difference", HeatmapGrid(logitDifferencesOf: runs)))
    }
    return figures
  }
}

extension [NamedFigure] {
  /// Adds a figure, unless there is one of its name.
  fileprivate mutating func addUnlessNamed(_ figure: NamedFigure) {
    if !contains(where: { $0.name == figure.name }) { append(figure) }
  }
}

extension SweepRun {
  /// The maps of one run.
  func figures() -> [NamedFigure] {
    var figures = maps.map { NamedFigure($0.file, Heatmap($0, of: self)) }
    if maps.contains(where: \.isAccuracy) {
      figures.addUnlessNamed(
        NamedFigure("sweep-logit-difference", Heatmap(logitDifferencesOf: self)))
    }
    return figures
  }

  fileprivate var hasLogitDifferences: Bool {
    result.cells.joined().contains { $0.logitDifference != nil }
  }
}

extension Heatmap {
  /// Interchange intervention accuracy over layer × position.
  public init(_ sweep: SweepRun) {
    self.init(
      values: sweep.result.values, sweep, valueTitle: InterchangeAccuracyMetric().title,
      note: sweep.sizeNote)
    range = 0...1
    markedCells = [sweep.bestCell]
    markedValues = sweep.constantAnswer.map { [$0.value] } ?? []
  }

  /// The mean logit difference towards the counterfactual answer over layer × position.
  public init(logitDifferencesOf sweep: SweepRun) {
    self.init(
      values: sweep.result.cells.map { $0.map { $0.logitDifference ?? .nan } }, sweep,
      valueTitle: "logit difference, counterfactual − other answers",
      note: "n = \(sweep.size) pairs")
    colorMap = .blueRed
  }

  /// A metric over layer × position, in its own colors.
  init(_ map: SweepMap, of sweep: SweepRun) {
    guard !map.isAccuracy else {
      self.init(sweep)
      return
    }
    self.init(values: map.values, sweep, valueTitle: map.title, note: map.size)
    (colorMap, range) = (map.scale.colorMap, map.scale.range(of: map.values))
    if map.values.joined().contains(where: \.isFinite) { markedCells = [map.largest] }
  }

  private init(values: [[Double]], _ sweep: SweepRun, valueTitle: String, note: String) {
    self.init(
      values: values, rowLabels: sweep.result.layers.map(String.init),
      columnLabels: sweep.positionLabels)
    title = sweep.title
    subtitle = "\(sweep.place), whole vector, \(note)"
    rowTitle = "layer"
    columnTitle = "position"
    self.valueTitle = valueTitle
  }
}

extension HeatmapGrid {
  /// Interchange intervention accuracy over layer × position of several components or heads.
  ///
  /// - Parameter sweeps: at least one, of the same layers and positions
  public init(_ sweeps: [SweepRun]) { self.init(sweeps) { Heatmap($0) } }

  /// The mean logit difference of several components or heads over layer × position.
  ///
  /// - Parameter sweeps: at least one, of the same layers and positions
  public init(logitDifferencesOf sweeps: [SweepRun]) {
    self.init(sweeps) { Heatmap(logitDifferencesOf: $0) }
  }

  fileprivate init(_ sweeps: [SweepRun], panel: (SweepRun) -> Heatmap) {
    self.init(
      panels: sweeps.map { sweep in
        var map = panel(sweep)
        map.title = sweep.place
        return map
      })
    title = sweeps[0].title
    let isAccuracy = !panels[0].markedValues.isEmpty
    subtitle =
      "whole vectors, " + (isAccuracy ? sweeps[0].sizeNote : "n = \(sweeps[0].size) pairs")
  }
}

extension SweepRun {
  /// The number of pairs.
  var size: Int { result.cells.first?.first?.n ?? 0 }

  /// The number of pairs, and what a constant answer would reach.
  fileprivate var sizeNote: String {
    "n = \(size) pairs"
      + (constantAnswer.map {
        "; the most frequent answer alone: " + ResultTable.number($0.value, "%.2f")
          + " (line in the bar)"
      } ?? "")
  }
}

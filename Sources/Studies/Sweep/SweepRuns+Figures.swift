import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension SweepRuns {
  /// A map of each measure, or maps side by side where several components or heads were swapped.
  public func figures() -> [NamedFigure] {
    guard runs.count > 1 else { return runs.flatMap { $0.figures() } }
    var figures = [NamedFigure("sweep", HeatmapGrid(runs))]
    if runs.contains(where: \.hasLogitDifferences) {
      figures.append(NamedFigure("sweep-logit-difference", HeatmapGrid(logitDifferencesOf: runs)))
    }
    return figures
  }
}

extension SweepRun {
  /// The maps of one run.
  func figures() -> [NamedFigure] {
    [
      NamedFigure("sweep", Heatmap(self)),
      NamedFigure("sweep-logit-difference", Heatmap(logitDifferencesOf: self)),
    ]
  }

  fileprivate var hasLogitDifferences: Bool {
    result.cells.joined().contains { $0.logitDifference != nil }
  }
}

extension Heatmap {
  /// Interchange intervention accuracy over layer × position.
  public init(_ sweep: SweepRun) {
    self.init(values: sweep.result.values, sweep, valueTitle: "interchange intervention accuracy")
    range = 0...1
    markedCells = [sweep.bestCell]
  }

  /// The mean logit difference towards the counterfactual answer over layer × position.
  public init(logitDifferencesOf sweep: SweepRun) {
    self.init(
      values: sweep.result.cells.map { $0.map { $0.logitDifference ?? .nan } }, sweep,
      valueTitle: "logit difference, counterfactual − other answers")
    colorMap = .blueRed
  }

  private init(values: [[Double]], _ sweep: SweepRun, valueTitle: String) {
    self.init(
      values: values, rowLabels: sweep.result.layers.map(String.init),
      columnLabels: sweep.positionLabels)
    title = "\(sweep.task): interchange of \(sweep.variable)"
    subtitle = "\(sweep.place), whole vector, n = \(sweep.size) pairs"
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

  private init(_ sweeps: [SweepRun], panel: (SweepRun) -> Heatmap) {
    self.init(
      panels: sweeps.map { sweep in
        var map = panel(sweep)
        map.title = sweep.place
        return map
      })
    title = "\(sweeps[0].task): interchange of \(sweeps[0].variable)"
    subtitle = "whole vectors, n = \(sweeps[0].size) pairs"
  }
}

extension SweepRun {
  /// The number of pairs.
  fileprivate var size: Int { result.cells.first?.first?.n ?? 0 }
}

import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension AlignmentRuns {
  /// All ranks together, each one's controls, and the last one's losses.
  public func figures() -> [NamedFigure] {
    var figures: [NamedFigure] = []
    if runs.count > 1 { figures.append(NamedFigure("ranks", LineChart(ranksOf: runs))) }
    for run in runs where !run.report.controls.isEmpty {
      let suffix = runs.count > 1 ? "-rank\(run.report.rank)" : ""
      figures.append(NamedFigure("controls" + suffix, LineChart(controlsOf: run)))
    }
    if let last = runs.last, last.losses.count > 1 {
      let title = "DAS, rank \(last.report.rank)"
      figures.append(NamedFigure("loss", LineChart(losses: last.losses, title: title)))
    }
    return figures
  }
}

extension LineChart {
  /// Held-out accuracy over rank, with the controls.
  public init(ranksOf runs: [AlignmentRun]) {
    func curve(
      _ name: String, isControl: Bool = false, _ value: (AlignmentReport) -> Accuracy?
    ) -> Series? {
      let points = runs.enumerated().compactMap { place, run in
        value(run.report).map { Point(x: Double(place), accuracy: $0) }
      }
      guard !points.isEmpty else { return nil }
      var series = Series(name, points: points)
      series.isControl = isControl
      return series
    }
    self.init(
      series: [
        curve("DAS, held out") { $0.test },
        curve("whole vector", isControl: true) { $0.control(.fullVector)?.iia },
        curve("PCA") { $0.control(.principalComponents)?.iia },
        curve("random model") { $0.control(.randomModel)?.iia },
        curve("shuffled sources") { $0.control(.shuffledSources)?.iia },
        curve("random subspaces") { $0.control(.randomSubspaces)?.iia },
      ].compactMap { $0 })
    title = "\(runs[0].task): \(runs[0].variable) by rank"
    subtitle = "\(runs[0].report.site), disjoint \(runs[0].disjoint)"
    xTitle = "rank of the subspace"
    yTitle = "interchange intervention accuracy"
    horizontalScale = .categories(runs.map { "\($0.report.rank)" })
    pageSize = FigureSize(width: 8.9, height: 8)
    valueRange = 0...1
  }

  /// One alignment's accuracy beside its controls.
  public init(controlsOf run: AlignmentRun) {
    let bars =
      [("DAS, held out", run.report.test), ("DAS, train", run.report.train)]
      + run.report.controls.map { ($0.title, $0.iia) }
    var series = Series(
      "", points: bars.enumerated().map { Point(x: Double($0), accuracy: $1.1) })
    series.isJoined = false
    self.init(series: [series])
    title = "\(run.task): \(run.variable), rank \(run.report.rank)"
    subtitle = run.report.site
    yTitle = "interchange intervention accuracy"
    horizontalScale = .categories(bars.map(\.0))
    valueRange = 0...1
    pageSize = FigureSize(width: 11, height: 7.5)
  }
}

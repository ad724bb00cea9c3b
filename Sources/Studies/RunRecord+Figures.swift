import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures

/// A figure with the name of its file.
typealias NamedFigure = (name: String, figure: any Figure)

extension RunRecord {
  /// The run's figures with the names of their files, drawn from the recorded numbers alone.
  func figures() -> [NamedFigure] {
    var figures: [NamedFigure] = []
    if let equality = results.equality { figures += equality.figures() }
    if let sweeps = results.sweeps { figures += SweepRun.figures(sweeps) }
    if let alignments = results.alignments { figures += AlignmentRun.figures(alignments) }
    if let tuning = results.fineTuning { figures += tuning.figures() }
    for comparison in results.comparisons ?? [] {
      figures += comparison.figures(isOne: results.comparisons?.count == 1)
    }
    if let search = results.search { figures += search.figures() }
    if let attention = results.attention { figures += attention.figures() }
    if let growth = results.growth { figures += growth.figures() }
    return figures
  }
}

extension EqualityExperiment {
  func figures() -> [NamedFigure] { [("equality", LineChart(self))] }
}

extension AlignmentRun {
  /// The figures of runs of one record: all ranks together, each one's controls, the last one's
  /// losses.
  static func figures(_ runs: [AlignmentRun]) -> [NamedFigure] {
    var figures: [NamedFigure] = []
    if runs.count > 1 { figures.append(("ranks", LineChart(ranksOf: runs))) }
    for run in runs where !run.report.controls.isEmpty {
      let suffix = runs.count > 1 ? "-rank\(run.report.rank)" : ""
      figures.append(("controls" + suffix, LineChart(controlsOf: run)))
    }
    if let last = runs.last, last.losses.count > 1 {
      figures.append(
        ("loss", LineChart(losses: last.losses, title: "DAS, rank \(last.report.rank)")))
    }
    return figures
  }
}

extension FineTuningRun {
  func figures() -> [NamedFigure] {
    let loss = LineChart(losses: losses, title: method)
    return (effects.isEmpty ? [] : [("effects", LineChart(effectsOf: self))])
      + [("fine-tuning-loss", loss)]
  }
}

extension MethodSearch {
  func figures() -> [NamedFigure] {
    effects().filter { $0.values.count > 1 }.map { method, values in
      ("effects-\(method)", LineChart(effectsOf: method, values, in: self))
    }
  }
}

extension CostGrowth {
  func figures() -> [NamedFigure] {
    axes.map { ("cost-\($0.name)", LineChart(self, $0)) }
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

  /// The equality table: each variable and layer beside its controls.
  public init(_ experiment: EqualityExperiment) {
    func marks(_ name: String, _ value: (AlignmentReport) -> Accuracy?) -> Series {
      var series = Series(
        name,
        points: experiment.lines.enumerated().compactMap { place, line in
          value(line.report).map { Point(x: Double(place), accuracy: $0) }
        })
      series.isJoined = false
      return series
    }
    self.init(
      series: [
        marks("DAS, held out", \.test),
        marks("random subspaces") { $0.control(.randomSubspaces)?.iia },
        marks("PCA") { $0.control(.principalComponents)?.iia },
        marks("random model") { $0.control(.randomModel)?.iia },
      ])
    title = "Hierarchical equality"
    subtitle = "8 dimensions swapped in all, n = \(experiment.lines.first?.report.test.n ?? 0)"
    yTitle = "interchange intervention accuracy"
    horizontalScale = .categories(experiment.lines.map { "\($0.variable), layer\u{A0}\($0.layer)" })
    references = [ReferenceLine("chance", at: 0.5)]
    valueRange = 0...1
    pageSize = FigureSize(width: 11, height: 7.5)
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

  /// A training loss over its steps.
  public init(losses: [Double], title: String) {
    self.init(
      series: [
        Series("", points: losses.enumerated().map { Point(x: Double($0 + 1), y: $1) })
      ])
    self.title = title
    xTitle = "step"
    yTitle = "cross-entropy"
  }

  /// What a fine-tuning changed: each measure before and after.
  public init(effectsOf run: FineTuningRun) {
    func series(_ name: String, _ value: (FineTuningRun.Effect) -> Accuracy) -> Series {
      var series = Series(
        name, points: run.effects.enumerated().map { Point(x: Double($0), accuracy: value($1)) })
      series.isJoined = false
      return series
    }
    self.init(series: [series("before", \.before), series("after", \.after)])
    title = "\(run.method): before and after"
    subtitle = "\(run.site), rank \(run.rank), \(run.parameters) parameters"
    yTitle = "share of answers"
    horizontalScale = .categories(run.effects.map(\.name))
    valueRange = 0...1
    pageSize = FigureSize(width: 12, height: 7.5)
  }
}

extension LineChart.Point {
  fileprivate init(x: Double, accuracy: Accuracy) {
    self.init(x: x, y: accuracy.value, interval: accuracy.interval[0]...accuracy.interval[1])
  }
}

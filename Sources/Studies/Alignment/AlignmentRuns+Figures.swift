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
    if runs.count == 1, let mask = runs[0].report.mask?.figure(of: runs[0]) {
      figures.append(NamedFigure("mask", mask))
    }
    if let last = runs.last, last.losses.count > 1 {
      figures.append(NamedFigure("loss", LineChart(lossesOf: last)))
    }
    if let dimension = runs.last?.report.dimension, dimension.candidates.count > 1 {
      figures.append(NamedFigure("dimension", LineChart(dimension)))
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
        curve("\(runs[0].report.methodTitle), held out") { $0.test },
        curve("whole vector", isControl: true) { $0.control(.fullVector)?.iia },
        curve("PCA") { $0.control(.principalComponents)?.iia },
        curve("random model") { $0.control(.randomModel)?.iia },
        curve("shuffled sources") { $0.control(.shuffledSources)?.iia },
        curve("random subspaces") { $0.control(.randomSubspaces)?.iia },
      ].compactMap { $0 })
    title = "\(runs[0].task): \(runs[0].variable) by rank"
    subtitle =
      "\(runs[0].report.site), n = \(runs[0].report.test.n) held-out pairs, disjoint "
      + runs[0].disjoint + Self.legend(of: runs)
    references = runs[0].constantAnswer
    xTitle = "rank of the subspace"
    yTitle = "interchange intervention accuracy"
    horizontalScale = .categories(
      runs.map { "\($0.report.rank)" + ($0.report.verdict?.mark ?? "") })
    pageSize = FigureSize(width: 8.9, height: 8)
    valueRange = 0...1
  }

  /// One alignment's accuracy beside its controls.
  public init(controlsOf run: AlignmentRun) {
    let bars =
      [
        ("\(run.report.methodTitle), held out", run.report.test),
        ("\(run.report.methodTitle), train", run.report.train),
      ]
      + run.report.controls.map { ($0.title, $0.iia) }
    var series = Series(
      "", points: bars.enumerated().map { Point(x: Double($0), accuracy: $1.1) })
    series.isJoined = false
    self.init(series: [series])
    title = "\(run.task): \(run.variable), \(run.report.size)"
    subtitle =
      "\(run.report.site), n = \(run.report.test.n) held-out pairs"
      + (run.report.verdict.map { "; \($0.title)" } ?? "")
    references = run.constantAnswer
    yTitle = "interchange intervention accuracy"
    horizontalScale = .categories(bars.map(\.0))
    valueRange = 0...1
    pageSize = FigureSize(width: 11, height: 7.5)
  }
}

extension AlignmentRun {
  /// The share that the most frequent answer alone would reach on the held-out pairs, as a line.
  fileprivate var constantAnswer: [LineChart.ReferenceLine] {
    guard let labels = check?.labels, let most = labels.values.max() else { return [] }
    let all = labels.values.reduce(0, +)
    return all < most || most < 0
      ? [] : [LineChart.ReferenceLine("most frequent answer", at: Double(most) / Double(all))]
  }
}

extension LineChart {
  /// The losses of a fit, of its steps and of the validation part, with the verdict.
  public init(lossesOf run: AlignmentRun) {
    self.init(losses: run.losses, title: "\(run.report.methodTitle), \(run.report.size)")
    guard let fit = run.report.fit else { return }
    subtitle = run.report.verdict?.title ?? ""
    guard !fit.checks.isEmpty else { return }
    if !series.isEmpty {
      // A mask's own losses have its penalty, its checks don't.
      series[0].name = "training pairs" + (run.report.mask == nil ? "" : ", with the penalty")
    }
    series.append(
      Series(
        "validation part", points: fit.checks.map { Point(x: Double($0.step), y: $0.loss) }))
  }

  /// The held-out accuracy on training pairs over the rank, by which the dimension was chosen.
  public init(_ dimension: DimensionEstimate) {
    func curve(
      _ name: String, _ value: (DimensionEstimate.Candidate) -> Accuracy
    ) -> Series {
      Series(
        name,
        points: dimension.candidates.enumerated().map {
          Point(x: Double($0), accuracy: value($1))
        })
    }
    self.init(series: [
      curve("held-out training pairs") { $0.heldOut }, curve("pairs of the fits") { $0.train },
    ])
    title = dimension.doubt == nil ? "Dimensions: \(dimension.dimension)" : "Dimensions"
    subtitle =
      dimension.doubt == nil
      ? "interval \(dimension.interval[0]) to \(dimension.interval[1])" : "not determined"
    subtitle += ", n = \(dimension.candidates.first?.heldOut.n ?? 0) held-out training pairs"
    xTitle = "rank of the subspace"
    yTitle = "interchange intervention accuracy"
    horizontalScale = .categories(dimension.candidates.map { "\($0.rank)" })
    valueRange = 0...1
  }

  /// The meaning of the marks at ranks, where there are any.
  private static func legend(of runs: [AlignmentRun]) -> String {
    let marked = FitVerdict.allCases.filter { verdict in
      verdict.mark != nil && runs.contains { $0.report.verdict == verdict }
    }
    return marked.map { "; \($0.mark ?? "") \($0.title)" }.joined()
  }
}

import InterchangeBasics
import InterchangeDatasets
import InterchangeFigures
import InterchangeFineTuning
import InterchangeReports

extension MethodComparisons {
  /// The figures of all comparisons.
  public func figures() -> [NamedFigure] {
    comparisons.flatMap { $0.figures(isOne: comparisons.count == 1) }
  }
}

extension MethodComparison {
  /// The methods' figures of merit where there are some, and their training curves.
  ///
  /// - Parameter isOne: whether the record has no other comparison, so that names need no task
  func figures(isOne: Bool) -> [NamedFigure] {
    let suffix = isOne ? "" : "-\(task)"
    var figures: [NamedFigure] = []
    if methods.contains(where: { $0.score != nil }) {
      figures.append(NamedFigure("comparison" + suffix, LineChart(methodsOf: self)))
      if methods.count(where: { $0.score != nil && $0.parameterShare > 0 }) > 1 {
        figures.append(NamedFigure("parameters" + suffix, LineChart(parametersOf: self)))
      }
    }
    figures.append(NamedFigure("fine-tuning-loss" + suffix, LineChart(curvesOf: self)))
    return figures
  }
}

extension MethodRun {
  /// True where the score is a number, and so can be drawn.
  fileprivate var isNumber: Bool { score?.mean.isFinite ?? false }
}

extension MethodComparison {
  /// The numbers of examples that were trained on and measured.
  fileprivate var sizes: String {
    let seeds = methods.first?.seedCount ?? 0
    return "\(trainCount) training examples, n = \(measuredCount)"
      + (seeds == 1 ? ", one seed" : ", \(seeds) seeds")
  }

  /// The methods' names, with the choices that tell those of one method apart.
  fileprivate var shortNames: [String] {
    let parts = methods.map { $0.name.split(separator: ":").map(String.init) }
    return parts.map { own in
      let same = parts.filter { $0.first == own.first }
      guard same.count > 1, let name = own.first else { return own.first ?? "" }
      let common = same.dropFirst().reduce(Set(same[0])) { $0.intersection($1) }
      return ([name] + own.dropFirst().filter { !common.contains($0) }).joined(separator: " ")
    }
  }

  /// The baselines that methods are compared with.
  fileprivate var references: [LineChart.ReferenceLine] {
    [("untuned", untuned?.score), ("most frequent answer", constant)].compactMap { name, score in
      score?.values.first?.value.flatMap { LineChart.ReferenceLine(name, atNumber: $0) }
    }
  }
}

extension LineChart {
  /// Each method's main metric over its seeds, with the untuned model as a line.
  public init(methodsOf comparison: MethodComparison) {
    let measured = comparison.methods.filter { $0.score != nil }
    var means = Series(
      "mean of seeds, ± deviation",
      points: measured.enumerated().compactMap { place, method in
        method.score.map {
          Point(x: Double(place), statistics: $0)
        }
      })
    means.isJoined = false
    self.init(series: [means])
    title = "\(comparison.task): methods at equal data and seeds"
    subtitle = comparison.sizes
    yTitle = comparison.metric
    horizontalScale = .categories(
      measured.map { $0.name + ($0.isNumber ? "" : " (\(ResultTable.notANumber))") })
    references = comparison.references
    pageSize = FigureSize(width: 11, height: 7.5)
  }

  /// Each method's main metric against its share of the base model's parameters.
  public init(parametersOf comparison: MethodComparison) {
    let measured = comparison.methods.filter { $0.score != nil }
    let shown = zip(comparison.methods, comparison.shortNames).filter { method, _ in
      method.score != nil && method.parameterShare > 0 && method.parameterShare.isFinite
    }
    let named = shown.filter { $0.0.isNumber }
    let others = shown.filter { !$0.0.isNumber }.map { "\($0.1): \(ResultTable.notANumber)" }
    // Many names would cover one another: letters stand for them.
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
    let hasKey = (8...letters.count).contains(named.count)
    var means = Series(
      "mean of seeds, ± deviation",
      points: named.enumerated().compactMap { place, one in
        one.0.score.map {
          Point(
            x: 100 * one.0.parameterShare, statistics: $0,
            label: hasKey ? letters[place] : one.1)
        }
      })
    means.isJoined = false
    self.init(series: [means])
    title = "\(comparison.task): \(comparison.metric) and trained parameters"
    let key = zip(letters, named).map { "\($0) \($1.1)" }.joined(separator: ", ")
    subtitle = ([comparison.sizes + (hasKey ? ". " + key : "")] + others).joined(separator: ". ")
    xTitle = "trained parameters, % of the base"
    yTitle = comparison.metric
    horizontalScale = .logarithmic
    references =
      comparison.references
      + measured.filter { $0.parameterShare == 0 }.compactMap { method in
        method.score.flatMap { ReferenceLine(method.name, atNumber: $0.mean) }
      }
    pageSize = FigureSize(width: 13, height: 8.5)
  }

  /// Training losses over steps, each seed smoothed over a few steps, and the development losses.
  public init(curvesOf comparison: MethodComparison) {
    self.init(
      series: comparison.methods.flatMap { method -> [Series] in
        guard let run = method.seeds.first else { return [] }
        var series = [Series(method.name, points: Self.smoothed(run.history.losses))]
        if comparison.methods.count == 1, run.history.evaluations.count > 1 {
          var development = Series(
            "development",
            points: run.history.evaluations.map { Point(x: Double($0.step), y: $0.value) })
          development.isControl = true
          series.append(development)
        }
        return series
      })
    title =
      comparison.methods.count == 1
      ? "\(comparison.methods[0].name): \(comparison.task)" : "\(comparison.task): training"
    xTitle = "step"
    yTitle = "cross-entropy"
  }
}

import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension ExperimentResult {
  /// The figures of each step, named after it: those of its results, or its main measure over its
  /// options.
  public func figures() -> [NamedFigure] { steps.flatMap { $0.figures() } }
}

extension ExperimentStep {
  /// The figures of the step.
  func figures() -> [NamedFigure] {
    if let joined { return joined.flatMap { named($0.figures()) } }
    guard points.count > 1 else {
      return points.flatMap { $0.results.all }.flatMap { named($0.figures()) }
    }
    return chart.map { [NamedFigure(fileName, $0)] } ?? []
  }

  /// The name as one of a file, whatever a record that was received says.
  private var fileName: String { String(name.map { "/\0".contains($0) ? "_" : $0 }) }

  private func named(_ figures: [NamedFigure]) -> [NamedFigure] {
    figures.map { figure in
      figure.name.hasPrefix(fileName)
        ? figure : NamedFigure("\(fileName)-\(figure.name)", figure.figure)
    }
  }

  /// The main measure over the axis with the most numbers, a curve for each choice of the others,
  /// with the deviation of the seeds; nil without a measure.
  var chart: LineChart? {
    guard let measure = measureNames.first else { return nil }
    let axes = comparedAxes
    guard let axis = mainAxis else {
      return LineChart(seedsOf: self, measure)
    }
    let others = axes.indices.filter { $0 != axis }
    var names: [String] = []
    for value in groups.map({ $0.values[axis] }) where !names.contains(value) {
      names.append(value)
    }
    let numbers = names.compactMap { Double($0) }
    let areNumbers = numbers.count == names.count
    if areNumbers { names.sort { Double($0) ?? 0 < Double($1) ?? 0 } }
    let isLinear = areNumbers && names.count > 8
    var series: [LineChart.Series] = []
    for group in groups {
      let name = others.map { "\(axes[$0]) \(group.values[$0])" }.joined(separator: ", ")
      let place = names.firstIndex(of: group.values[axis]) ?? 0
      let x = isLinear ? Double(group.values[axis]) ?? 0 : Double(place)
      guard let point = group.point(measure, x: x) else { continue }
      if let known = series.firstIndex(where: { $0.name == name }) {
        series[known].points.append(point)
      } else {
        var curve = LineChart.Series(name, points: [point])
        curve.intervals = isLinear ? .band : .whiskers
        curve.isJoined = areNumbers
        series.append(curve)
      }
    }
    for index in series.indices { series[index].points.sort { $0.x < $1.x } }
    var chart = LineChart(series: series)
    chart.horizontalScale = isLinear ? .linear : .categories(names)
    chart.xTitle = axes[axis]
    return titled(chart, measure)
  }

  /// The place among the compared axes of the one with the most values, numbers before names.
  private var mainAxis: Int? {
    let groups = groups
    return comparedAxes.indices.max { a, b in
      func rank(_ axis: Int) -> (Int, Int, Int) {
        let values = Set(groups.map { $0.values[axis] })
        return (values.allSatisfy { Double($0) != nil } ? 1 : 0, values.count, -axis)
      }
      return rank(a) < rank(b)
    }
  }

  fileprivate func titled(_ chart: LineChart, _ measure: String) -> LineChart {
    var chart = chart
    chart.title = "\(name): \(measure)"
    let seeds = groups.map(\.points.count).max() ?? 1
    chart.subtitle = hasSeeds ? "mean and deviation of \(seeds) seeds" : ""
    chart.yTitle = measure
    let measures = points.flatMap(\.measures).filter { $0.name == measure }
    if measures.allSatisfy({ $0.accuracy != nil }) { chart.valueRange = 0...1 }
    return chart
  }
}

extension LineChart {
  /// A measure of each point, where they differ in their seeds alone.
  fileprivate init(seedsOf step: ExperimentStep, _ measure: String) {
    let found = step.points.compactMap { point in
      point.measures.first { $0.name == measure }.map { (point, $0) }
    }
    var series = Series(
      "",
      points: found.enumerated().map { place, found in
        found.1.accuracy.map { Point(x: Double(place), accuracy: $0) }
          ?? Point(x: Double(place), y: found.1.value)
      })
    series.isJoined = false
    self.init(series: [series])
    horizontalScale = .categories(found.map { $0.0.value(CommandDefinition.counted) })
    xTitle = CommandDefinition.counted
    self = step.titled(self, measure)
    subtitle = ""
  }
}

extension ExperimentStep.Group {
  /// A measure as a point: with several seeds their mean and deviation, else with its interval.
  fileprivate func point(_ measure: String, x: Double) -> LineChart.Point? {
    guard let statistics = statistics(measure) else { return nil }
    if points.count == 1, let accuracy = measures(measure).first?.accuracy {
      return LineChart.Point(x: x, accuracy: accuracy)
    }
    guard points.count > 1 else { return LineChart.Point(x: x, y: statistics.mean) }
    var point = LineChart.Point(x: x, statistics: statistics)
    if measures(measure).allSatisfy({ $0.accuracy != nil }) {
      // A share's deviation doesn't leave what shares can be.
      point.interval = point.interval?.clamped(to: 0...1)
    }
    return point
  }
}

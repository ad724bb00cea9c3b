import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeFineTuning
import InterchangeReports

extension MethodSearch: RunResult {
  public static let kind = "search"

  public var tables: [ResultTable] { [table] }

  /// The trials, the last round first and the best of each first.
  public var table: ResultTable {
    ResultTable(
      "\(task).",
      note: "\(trainCount) examples to train on, \(developmentCount) to choose by "
        + "(\(metric)); \(trials.reduce(0) { $0 + $1.steps }) steps in all.",
      header: ["round", "method", "steps", "parameters", "score", "loss"], rows: lines)
  }

  /// A line for each trial.
  private var lines: [[String]] {
    return Set(trials.map(\.round)).sorted(by: >).flatMap { round in
      trials.filter { $0.round == round }.sorted { $0.isBetter(than: $1) }.map {
        [
          "\($0.round)", $0.choices.description, "\($0.steps)", "\($0.parameters)",
          ResultTable.number($0.score, "%.4f"), ResultTable.number($0.loss, "%.4f"),
        ]
      }
    }
  }

  /// The effects of each method's choices.
  public func figures() -> [NamedFigure] {
    effects().filter { $0.values.count > 1 }.map { method, values in
      NamedFigure("effects-\(method)", LineChart(effectsOf: method, values, in: self))
    }
  }

  /// The trials and the effects of their choices.
  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "search", title: "\(task): a search over methods and their choices",
        parts: trials.isEmpty
          ? [] : [.text("Best: \(winner.choices)."), .table(table), .drawn(figures())],
        terms: [.rounds, .effect, .parameters])
    ]
  }
}

extension RunResults {
  /// The result of ``MethodSearch``.
  public var search: MethodSearch? { self[MethodSearch.self] }
}

extension ReportTerm {
  fileprivate static let rounds = ReportTerm(
    "Round", order: 35,
    "Successive halving: all combinations are trained for a few steps, the best third goes on "
      + "with three times as many. Scores are of development examples; the test part is not "
      + "touched.")

  fileprivate static let effect = ReportTerm(
    "Effect of a choice", order: 36,
    "The mean score of all trials of the first round with that value, whatever their other "
      + "choices were.")
}

extension MethodSearch {
  /// For each method of the first round the effect of each choice: the mean score of all trials
  /// with a value, whatever their others were.
  public func effects() -> [(method: String, values: [(name: String, score: SeedStatistics)])] {
    let first = trials.filter { $0.round == 0 && $0.score != nil }
    var methods: [String] = []
    for trial in first where !methods.contains(trial.choices.method) {
      methods.append(trial.choices.method)
    }
    return methods.map { method in
      let own = first.filter { $0.choices.method == method }
      var choices: [MethodChoices.Choice] = []
      for trial in own {
        for choice in trial.choices.choices where !choices.contains(choice) {
          choices.append(choice)
        }
      }
      var keys: [String] = []
      for choice in choices where !keys.contains(choice.key) { keys.append(choice.key) }
      let ordered = keys.flatMap { key in
        choices.filter { $0.key == key }.sorted {
          $0.value.compare($1.value, options: .numeric) == .orderedAscending
        }
      }
      return (
        method,
        ordered.map { choice in
          (
            "\(choice.key) \(choice.value)",
            SeedStatistics(
              own.filter { $0.choices.choices.contains(choice) }.compactMap(\.score))
          )
        }
      )
    }
  }
}

extension LineChart {
  /// The effect of each of a method's choices in a search.
  init(
    effectsOf method: String, _ values: [(name: String, score: SeedStatistics)],
    in search: MethodSearch
  ) {
    var series = Series(
      "mean of trials, ± deviation",
      points: values.enumerated().map { place, value in
        Point(x: Double(place), statistics: value.score)
      })
    series.isJoined = false
    self.init(series: [series])
    title = "\(search.task): choices of \(method)"
    let first = search.trials.filter { $0.round == 0 }
    subtitle = "first round, \(first[0].steps) steps, n = \(search.developmentCount)"
    yTitle = search.metric
    horizontalScale = .categories(values.map(\.name))
    pageSize = FigureSize(width: max(8.9, 1.1 * Double(values.count)), height: 7.5)
  }
}

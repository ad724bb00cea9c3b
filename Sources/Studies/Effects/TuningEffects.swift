import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

/// Measures before and after a fine-tuning: what it changed, and what it left alone.
///
/// A ``MethodComparison`` tells how well methods do on one data set; this tells what a single
/// training does to behavior that no data set of it asks for.
public struct TuningEffects: RunResult {
  public static let kind = "fineTuning"

  /// An accuracy before and after.
  public struct Effect: Codable, Sendable {
    public let name: String
    public let before: Accuracy
    public let after: Accuracy

    /// A measure's two values.
    public init(name: String, before: Accuracy, after: Accuracy) {
      (self.name, self.before, self.after) = (name, before, after)
    }
  }

  /// The method's name for readers.
  public let method: String
  public let site: String
  public let rank: Int
  /// Trained numbers.
  public let parameters: Int
  /// Trainable / base parameters.
  public let parameterShare: Double
  /// The loss of every step.
  public let losses: [Double]
  public let effects: [Effect]

  /// The effects of a training.
  public init(
    method: String, site: String, rank: Int, parameters: Int, parameterShare: Double,
    losses: [Double], effects: [Effect]
  ) {
    (self.method, self.site, self.rank, self.parameters) = (method, site, rank, parameters)
    (self.parameterShare, self.losses, self.effects) = (parameterShare, losses, effects)
  }

  public var tables: [ResultTable] { [table] }

  /// Each measure before and after.
  public var table: ResultTable {
    ResultTable(
      "\(method), rank \(rank).",
      note: "Trained at \(site): \(parameters) parameters,"
        + String(format: " %.5f %% of the base.", 100 * parameterShare),
      header: ["share of answers", "before", "after"],
      rows: effects.map { [$0.name, $0.before.cell, $0.after.cell] })
  }

  public func figures() -> [NamedFigure] {
    let loss = LineChart(losses: losses, title: method)
    return (effects.isEmpty ? [] : [NamedFigure("effects", LineChart(effectsOf: self))])
      + [NamedFigure("fine-tuning-loss", loss)]
  }

  /// The changes, and the losses.
  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "fine-tuning", title: "\(method): before and after",
        parts: [.table(table), .drawn(figures())],
        terms: [.untuned, .interval, .parameters])
    ]
  }
}

extension RunResults {
  /// The effects of a single training, as ``TuningEffects``.
  public var fineTuning: TuningEffects? { self[TuningEffects.self] }
}

extension LineChart {
  /// The change by a fine-tuning: each measure before and after.
  public init(effectsOf run: TuningEffects) {
    func series(_ name: String, _ value: (TuningEffects.Effect) -> Accuracy) -> Series {
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

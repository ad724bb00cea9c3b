import InterchangeBasics
import InterchangeFigures

extension LineChart.Point {
  /// A share with its interval.
  init(x: Double, accuracy: Accuracy) {
    self.init(x: x, y: accuracy.value, interval: accuracy.interval[0]...accuracy.interval[1])
  }

  /// A mean with its deviation up and down.
  init(x: Double, statistics: SeedStatistics, label: String? = nil) {
    let (low, high) = (
      statistics.mean - statistics.deviation, statistics.mean + statistics.deviation
    )
    // Of what is no number there is no interval.
    self.init(x: x, y: statistics.mean, interval: low <= high ? low...high : nil, label: label)
  }
}

extension LineChart.ReferenceLine {
  /// A line at a value that a record holds; nil at one that is no number.
  init?(_ label: String, atNumber value: Double) {
    guard value.isFinite else { return nil }
    self.init(label, at: value)
  }
}

extension LineChart {
  /// Losses over their steps, each the mean of a fortieth of all steps up to it.
  static func smoothed(_ losses: [Double]) -> [Point] {
    let span = max(1, losses.count / 40)
    return losses.indices.map { step in
      let part = losses[max(0, step - span + 1)...step]
      return Point(x: Double(step + 1), y: part.reduce(0, +) / Double(part.count))
    }
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
}

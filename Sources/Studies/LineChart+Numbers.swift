import InterchangeBasics
import InterchangeFigures

extension LineChart.Point {
  /// A share with its interval.
  init(x: Double, accuracy: Accuracy) {
    self.init(x: x, y: accuracy.value, interval: accuracy.interval[0]...accuracy.interval[1])
  }

  /// A mean with its deviation up and down.
  init(x: Double, statistics: SeedStatistics, label: String? = nil) {
    self.init(
      x: x, y: statistics.mean,
      interval: statistics.mean - statistics.deviation...statistics.mean + statistics.deviation,
      label: label)
  }
}

extension LineChart {
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

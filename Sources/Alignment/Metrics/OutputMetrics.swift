import InterchangeBasics

/// Every metric of a sweep by its name.
public enum OutputMetrics {
  private static let registry = Registry<any OutputMetric>([
    InterchangeAccuracyMetric(),
    LogitDifferenceMetric(),
    NormalizedLogitDifferenceMetric(),
    LabelProbabilityMetric(),
    DivergenceMetric(),
  ])

  /// The metrics, the house's own first.
  public static var all: [any OutputMetric] { registry.all }

  /// Makes a metric known by its name. May be called from any thread; a name that is taken stays.
  public static func register(_ metric: any OutputMetric) {
    registry.register(metric) { known in !known.contains { $0.name == metric.name } }
  }

  /// The metric of a name.
  ///
  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` for another name.
  public static func named(_ name: String) throws -> any OutputMetric {
    guard let metric = all.first(where: { $0.name == name }) else {
      throw AlignmentError.invalidSetting(
        name: "metric", expected: all.map(\.name).joined(separator: ", "), found: name)
    }
    return metric
  }
}

import InterchangeBasics
import InterchangeFineTuning

extension MethodComparisons {
  /// The main metric of each method, where it was measured, and the last loss of its training.
  public var measures: [RunMeasure] {
    comparisons.flatMap { comparison in
      comparison.methods.flatMap { method in
        let several = comparison.methods.count > 1 ? "\(method.name): " : ""
        let losses = method.seeds.compactMap(\.history.losses.last)
        return [
          method.score.map { RunMeasure(several + comparison.metric, $0.mean) },
          losses.isEmpty
            ? nil
            : RunMeasure(
              several + "last training loss", losses.reduce(0, +) / Double(losses.count)),
        ].compactMap { $0 }
      }
    }
  }
}

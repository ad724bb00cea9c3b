import InterchangeAlignment

/// DAS on hierarchical equality, against the paper's table, with one seed for all of it.
public enum DemoEquality {
  /// Trains the perceptron and fills the table; about half a minute.
  ///
  /// - Throws: `AlignmentError` when a fit diverges.
  public static func run(
    seed: UInt64 = 0, progress: (StudyProgress) -> Void = { _ in }
  ) throws -> EqualityExperiment {
    progress(.note("(a) hierarchical equality on a perceptron"))
    var settings = EqualityExperiment.Settings()
    settings.seed = seed
    settings.training.seed = seed
    settings.alignment.seed = seed
    return try EqualityExperiment(settings: settings) { progress(.note("    " + $0)) }
  }
}

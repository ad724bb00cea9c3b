import InterchangeAlignment
import InterchangeModels

extension AlignmentSearch {
  /// The search on a task's data, judged on its test pairs.
  ///
  /// - Parameters:
  ///   - fitting: called after every step
  ///   - progress: called with a line about what is being done
  /// - Throws: `AlignmentError`, `ModelError` or `InterventionError` naming what doesn't fit.
  public func run(
    _ model: LanguageModel, on data: TaskData,
    controls: Set<ControlKind> = Set(ControlKind.allCases),
    store: ActivationStore = ActivationStore(), fitting: (FitProgress) -> Void = { _ in },
    progress: (String) -> Void = { _ in }
  ) throws -> (alignment: Fit, run: AlignmentRun) {
    let found = try fit(model.network, on: data.train.examples, store: store, progress: fitting)
    let report = try found.evaluate(
      on: data.test.examples, controls: controls, randomModel: nil, randomStore: nil
    ) { progress("control: \($0)") }
    let run = AlignmentRun(
      task: data.task, variable: data.variable, check: data.test.check, disjoint: data.disjoint,
      report: report, losses: found.losses)
    return (found, run)
  }
}

import InterchangeAlignment
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels

extension AdaptedModel {
  /// Interchange experiments in the subspaces that a ReFT adapter writes to: does what it edits
  /// carry a task's variable in the base model? The base model runs without the adapter, each
  /// subspace is judged like one that DAS found, with all controls.
  ///
  /// - Parameters:
  ///   - data: the task's pairs; a report's main figure is on its test part
  ///   - positions: where to swap; each intervention's own positions when nil
  ///   - store: where base runs of the base model are kept
  /// - Returns: one run for each intervention that has an orthonormal subspace
  /// - Throws: `AlignmentError` when base and source have unequal numbers of positions,
  ///   `ModelError` when a site doesn't fit, `FineTuningError` when the adapters have no subspace.
  public func examineSubspaces(
    on data: TaskData, positions: Positions? = nil,
    controls: Set<ControlKind> = Set(ControlKind.allCases),
    store: ActivationStore = ActivationStore(), progress: (String) -> Void = { _ in }
  ) throws -> [AlignmentRun] {
    var runs: [AlignmentRun] = []
    for placed in interventions {
      guard let rotation = (placed.intervention as? ReFT)?.rotation else { continue }
      var site = placed.site
      if let positions { site.positions = positions }
      progress(site.description)
      let search = DistributedAlignmentSearch(site: site, dimensions: rotation.rank)
      let alignment = try search.alignment(
        of: rotation, base.network, on: data.train.examples, store: store)
      runs.append(
        AlignmentRun(
          task: data.task, variable: data.variable, check: data.test.check,
          disjoint: data.disjoint,
          report: try alignment.evaluate(on: data.test.examples, controls: controls), losses: [],
          isFitted: false))
    }
    guard !runs.isEmpty else {
      throw FineTuningError.invalidSetting(
        name: "adapter", expected: "an edit in a subspace, such as loreft",
        found: adapters.map(\.method).joined(separator: ", "))
    }
    return runs
  }
}

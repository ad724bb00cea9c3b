import InterchangeModels

/// A search on pairs whose fit is judged with controls: ``DistributedAlignmentSearch``,
/// ``FeaturizerSearch`` and ``MaskSearch``.
public protocol AlignmentSearch {
  /// The fit that it gives.
  associatedtype Fit: AlignmentFit

  /// Checks the settings, the sites and every example's positions, before any work is done.
  ///
  /// - Throws: as ``fit(_:on:store:progress:)``.
  func validate(_ model: Model, on examples: [AlignmentExample]) throws

  /// Fits on examples.
  ///
  /// - Parameters:
  ///   - store: the store of base runs
  ///   - progress: called after every step
  /// - Throws: ``AlignmentError``, `ModelError` or `InterventionError` naming what doesn't fit.
  func fit(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore,
    progress: (FitProgress) -> Void
  ) throws -> Fit
}

/// A fit with all that is needed to judge it.
public protocol AlignmentFit {
  /// The loss of every training step.
  var losses: [Double] { get }

  /// Interchange intervention accuracy on other examples, with controls.
  ///
  /// - Parameters:
  ///   - controls: the controls to run
  ///   - randomModel: the same architecture with random weights; made when nil
  ///   - randomStore: the store of its base runs
  /// - Throws: ``AlignmentError`` or `ModelError` when an example doesn't fit.
  func evaluate(
    on examples: [AlignmentExample], controls: Set<ControlKind>, randomModel: Model?,
    randomStore: ActivationStore?, progress: (String) -> Void
  ) throws -> AlignmentReport
}

extension Alignment: AlignmentFit {}
extension FeaturizerAlignment: AlignmentFit {}
extension MaskAlignment: AlignmentFit {}

extension FeaturizerSearch: AlignmentSearch {}
extension MaskSearch: AlignmentSearch {}

extension DistributedAlignmentSearch: AlignmentSearch {
  /// ``fit(_:on:store:start:progress:)`` from a random rotation.
  ///
  /// - Throws: as that.
  public func fit(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore,
    progress: (FitProgress) -> Void
  ) throws -> Alignment {
    try fit(model, on: examples, store: store, start: nil, progress: progress)
  }
}

import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension LanguageModel {
  /// Finds the subspace at a site that carries what a task's interchange changes, by Distributed
  /// Alignment Search (arXiv 2303.02536).
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// let data = try TaskData(SubjectVerbAgreement(), count: 256, for: model)
  /// let alignment = try model.align(.blockOutput(27, .last), dimensions: 1, on: data.train)
  /// print(try alignment.evaluate(on: data.test).test.summary)
  /// ```
  ///
  /// - Parameters:
  ///   - site: the place whose vector is rotated
  ///   - dimensions: the rank of the subspace
  ///   - examples: the pairs to fit on
  ///   - store: the base runs that are kept; give one store to several fits
  ///   - progress: called after every training step
  /// - Throws: `AlignmentError` for a setting that can't work or a loss that is no number,
  ///   `ModelError` for a site that the model lacks, `InterventionError` for a rank beyond its
  ///   width.
  public func align(
    _ site: Site, dimensions: Int, on examples: some Collection<AlignmentExample>,
    settings: AlignmentSettings = AlignmentSettings(), store: ActivationStore = ActivationStore(),
    progress: (FitProgress) -> Void = { _ in }
  ) throws -> Alignment {
    try DistributedAlignmentSearch(site: site, dimensions: dimensions, settings: settings)
      .fit(self, on: examples, store: store, progress: progress)
  }
}

extension LanguageModel {
  /// Hidden vectors at a site, batch by batch: [Σ positions, width], input by input.
  ///
  /// - Parameter positions: the wanted positions of each input
  /// - Throws: `ModelError` when the model lacks the site or a position.
  public func activations(
    at site: Site, _ inputs: [ModelInput], positions: [[Int]], store: ActivationStore? = nil
  ) throws -> Tensor {
    try network.activations(at: site, inputs, positions: positions, store: store)
  }
}

extension DistributedAlignmentSearch {
  /// ``fit(_:on:store:progress:)`` of a language model.
  ///
  /// - Throws: as that.
  public func fit(
    _ model: LanguageModel, on examples: some Collection<AlignmentExample>,
    store: ActivationStore = ActivationStore(),
    progress: (FitProgress) -> Void = { _ in }
  ) throws -> Alignment {
    try fit(model.network, on: Array(examples), store: store, progress: progress)
  }
}

extension Alignment {
  /// ``evaluate(on:controls:randomModel:randomStore:progress:)`` on a task's examples.
  ///
  /// - Throws: as that.
  public func evaluate(
    on examples: TaskExamples, controls: Set<ControlKind> = Set(ControlKind.allCases),
    randomModel: Model? = nil, randomStore: ActivationStore? = nil,
    progress: (String) -> Void = { _ in }
  ) throws -> AlignmentReport {
    try evaluate(
      on: Array(examples), controls: controls, randomModel: randomModel,
      randomStore: randomStore, progress: progress)
  }
}

extension InterchangeSweep {
  /// ``run(_:on:store:progress:)`` of a language model.
  ///
  /// - Throws: as that.
  public func run(
    _ model: LanguageModel, on examples: some Collection<AlignmentExample>,
    store: ActivationStore = ActivationStore(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> SweepResult {
    try run(model.network, on: Array(examples), store: store, progress: progress)
  }
}

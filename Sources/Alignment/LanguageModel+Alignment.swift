import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

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
  /// ``run(_:on:store:journal:progress:estimating:)`` of a language model.
  ///
  /// - Throws: as that.
  public func run(
    _ model: LanguageModel, on examples: some Collection<AlignmentExample>,
    store: ActivationStore = ActivationStore(), journal: SweepJournal? = nil,
    progress: (Int, Int) -> Void = { _, _ in }, estimating: (Double) -> Void = { _ in }
  ) throws -> SweepResult {
    try run(
      model.network, on: Array(examples), store: store, journal: journal, progress: progress,
      estimating: estimating)
  }
}

extension LanguageModel {
  /// The token of each of some answers after a text, encoded in its place; an encoder's answers,
  /// which stand for a mask inside the text, are encoded by themselves.
  ///
  /// - Throws: `AlignmentError/answerNotSingleToken(answer:tokens:)` or
  ///   `AlignmentError/answerMergesWithPrompt(answer:prompt:)` for an answer that isn't a token
  ///   of its own there.
  public func answerTokens(_ answers: [String], after text: String) throws -> [Int] {
    // A text of its own: a mask's place, or the target of an encoder-decoder.
    guard architecture.isCausal, architecture.stacks == nil else {
      return try answers.map { try single($0, encoded($0)) }
    }
    let prompt = [TextPart(text, parsesSpecialTokens: true)]
    let own = tokenizer.encode(prompt)
    return try answers.map { answer in
      let found = tokenizer.encode(
        prompt, continuedBy: [[TextPart(answer, parsesSpecialTokens: true)]],
        addingSpecialTokens: false)
      guard found.prompt.count == own.count else {
        throw AlignmentError.answerMergesWithPrompt(answer: answer, prompt: text)
      }
      return try single(answer, found.continuations[0])
    }
  }

  private func encoded(_ answer: String) -> [Int] {
    tokenizer.encode(answer, addingSpecialTokens: false)
  }

  private func single(_ answer: String, _ ids: [Int]) throws -> Int {
    guard ids.count == 1 else {
      throw AlignmentError.answerNotSingleToken(answer: answer, tokens: ids.count)
    }
    return ids[0]
  }
}

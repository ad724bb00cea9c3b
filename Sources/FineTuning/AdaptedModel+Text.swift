import InterchangeDatasets
import InterchangeInterventions
import InterchangeModels
import InterchangeTokenizers

extension LanguageModel {
  /// This model with an untrained intervention at a site.
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// let rotation = try Rotation.random(rank: 4, width: model.width, seed: 0)
  /// let tuned = try model.adapted(by: .loreft(in: rotation), at: .blockOutput(15, .last))
  /// try tuned.train(on: ["The key near the cabinets": " are"])
  /// ```
  ///
  /// - Throws: `ModelError` for a site that the model lacks, `InterventionError` for another width.
  public func adapted(by intervention: some Intervention, at site: Site) throws -> AdaptedModel {
    try AdaptedModel(self, [PlacedIntervention(intervention, at: site)])
  }

  /// This model with an untrained adapter of a method.
  ///
  /// - Parameters:
  ///   - method: the method with its choices
  ///   - seed: of what starts at random
  /// - Throws: as `AdapterConfiguration/makeAdapter(for:seed:inputs:)`.
  public func adapted(
    by method: AdapterConfiguration, seed: UInt64 = 0, inputs: AdapterInputs = AdapterInputs()
  ) throws -> AdaptedModel {
    try AdaptedModel(self, adapters: [method.makeAdapter(for: self, seed: seed, inputs: inputs)])
  }
}

extension AdaptedModel {
  /// The interventions of one type, in their order.
  public func interventions<Kind: Intervention>(of kind: Kind.Type) -> [Kind] {
    interventions.compactMap { $0.intervention as? Kind }
  }

  /// Trains in place on prompts and what should follow them.
  ///
  /// - Parameters:
  ///   - texts: prompts with their completions, in the order given
  ///   - template: puts each prompt into its form, such as the model's chat template
  /// - Returns: the losses
  /// - Throws: as ``FineTuner/train(_:onTokens:development:folder:store:progress:)``;
  ///   `TokenizerError` for a chat template that isn't known.
  @discardableResult
  public func train(
    on texts: KeyValuePairs<String, String>, template: PromptTemplate = .verbatim,
    settings: FineTuningSettings = FineTuningSettings(),
    store: ActivationStore = ActivationStore()
  ) throws -> TrainingHistory {
    let tokens = try texts.enumerated().map { index, pair in
      try TokenizedExample(
        TaskExample(prompt: pair.key, completion: pair.value), index: index, template: template,
        tokenizer: base.tokenizer, endsCompletion: settings.endsCompletion,
        startToken: base.architecture.shape.startToken)
    }
    return try FineTuner(settings: settings).train(self, onTokens: tokens, store: store)
  }

  /// A prompt's continuation with the adapters on.
  ///
  /// - Parameters:
  ///   - template: puts the prompt into its form, such as the model's chat template
  ///   - options: at most 64 tokens, the likeliest each time, when not given; the tokens that end a
  ///     text in this template end a continuation, too
  /// - Returns: the text that was added
  /// - Throws: `ModelError` for an empty text, one that is too short for the positions or too long;
  ///   `TokenizerError` for a chat template that isn't known.
  public func generate(
    _ prompt: String, template: PromptTemplate = .verbatim,
    options: GenerationOptions = GenerationOptions()
  ) throws -> String {
    let tokenizer = base.tokenizer
    var options = options
    options.stopTokens.formUnion(try template.stopTokens(tokenizer))
    let ids = try template.encode(TaskExample(prompt: prompt, completion: ""), by: tokenizer)
    return base.decode(continuation: try generate([ids], options: options)[0])
  }
}

extension LanguageModel {
  /// A prompt's continuation; the parameters are those of
  /// `AdaptedModel/generate(_:template:options:)`.
  ///
  /// - Throws: as that.
  public func generate(
    _ prompt: String, template: PromptTemplate, options: GenerationOptions = GenerationOptions()
  ) throws -> String {
    try AdaptedModel(self, adapters: []).generate(prompt, template: template, options: options)
  }
}

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
  /// - Throws: as ``AdapterConfiguration/makeAdapter(for:seed:inputs:)``.
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

  /// Trains in place on texts and what should follow them, in the order given.
  ///
  /// - Returns: the losses
  /// - Throws: as ``FineTuner/train(_:on:development:folder:store:progress:)``.
  @discardableResult
  public func train(
    on texts: KeyValuePairs<String, String>, settings: FineTuningSettings = FineTuningSettings(),
    store: ActivationStore = ActivationStore()
  ) throws -> TrainingHistory {
    try FineTuner(settings: settings).train(
      self, on: texts.map { PromptCompletion(prompt: $0.key, completion: $0.value) }, store: store)
  }

  /// A text's continuation with the adapters on.
  ///
  /// - Parameter options: at most 64 tokens, the likeliest each time, when not given; the token that ends
  ///   a text ends a continuation, too
  /// - Returns: the text that was added
  /// - Throws: `ModelError` for an empty text, one that is too short for the positions or too long.
  public func generate(
    _ text: String, options: GenerationOptions = GenerationOptions()
  ) throws -> String {
    let tokenizer = base.tokenizer
    let added = try generate([base.encode(text).ids], options: options.ending(tokenizer))
    return tokenizer.decode(added[0], continuing: true)
  }
}

import InterchangeFineTuning
import InterchangeModels
import InterchangeTokenizers

/// Vectors that steer a model, found in contrast pairs or given, and their effect on a prompt.
public struct SteeringExperiment {
  /// The origin of the vectors.
  public enum Source {
    /// Texts that differ in what the vectors are to stand for.
    case pairs([ContrastPair], method: SteeringVectors.Method = .differenceOfMeans)
    case vectors(SteeringVectors)
  }

  /// The vectors with all that was made of them.
  public struct Outcome {
    /// The vectors of the layers that are steered, before the coefficient.
    public let vectors: SteeringVectors
    public let adapter: any Adapter
    public var run: SteeringRun
  }

  public var source: Source
  /// The layers that are steered; nil takes the middle third, or all that given vectors have.
  public var layers: LayerSelection?
  /// The factor of the vectors; nil takes `SteeringVectors/defaultCoefficient(layers:)` for found
  /// vectors and 1 for given ones.
  public var coefficient: Double?

  /// An experiment with the usual layers and coefficient.
  public init(
    _ source: Source, layers: LayerSelection? = nil, coefficient: Double? = nil
  ) {
    (self.source, self.layers, self.coefficient) = (source, layers, coefficient)
  }

  /// Finds the vectors and makes an adapter of them.
  ///
  /// - Throws: `ModelError` for a layer that the model lacks, `FineTuningError` for vectors that
  ///   don't fit it, `DatasetError` for a text that is too long for it.
  public func run(
    on model: LanguageModel, progress: (StudyProgress) -> Void = { _ in }
  ) throws -> Outcome {
    let wanted = try layers?.resolved(model.layers)
    var vectors: SteeringVectors
    var summaries: [SteeringVectors.Summary]?
    var found: (method: SteeringVectors.Method, pairs: Int)?
    switch source {
    case .vectors(let given): vectors = given
    case .pairs(let texts, let method):
      found = (method, texts.count)
      for text in texts { try text.requireReadable(by: model) }
      let pairs = texts.map { $0.encoded(for: model) }
      (vectors, summaries) = try SteeringVectors.compute(
        from: pairs, model: model,
        layers: wanted ?? SteeringVectors.defaultLayers(of: model.layers), method: method
      ) { progress(.part("steer", done: $0, of: pairs.count)) }
    }
    let scale =
      coefficient
      ?? (found == nil ? 1 : SteeringVectors.defaultCoefficient(layers: vectors.layers.count))
    let adapter = try vectors.makeAdapter(
      for: model, layers: wanted.map { .layers($0) }, coefficient: scale)
    if let wanted, let kept = vectors.filter(wanted.contains) { vectors = kept }
    return Outcome(
      vectors: vectors, adapter: adapter,
      run: SteeringRun(
        method: found?.method, pairs: found?.pairs, layers: vectors.layers, coefficient: scale,
        summaries: summaries))
  }
}

extension SteeringRun.Continuation {
  /// A prompt's continuation by a model without and with an adapter.
  ///
  /// - Throws: `ModelError` for a prompt that is empty or too long.
  public init(
    of prompt: String, by model: LanguageModel, with adapter: any Adapter,
    options: GenerationOptions = GenerationOptions()
  ) throws {
    func text(_ adapters: [any Adapter]) throws -> String {
      try AdaptedModel(model, adapters: adapters).generate(prompt, options: options)
    }
    self.init(prompt: prompt, before: try text([]), after: try text([adapter]))
  }
}

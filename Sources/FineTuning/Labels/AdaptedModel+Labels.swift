import InterchangeBasics
import InterchangeDatasets
import InterchangeModels
import InterchangeTensors

extension AdaptedModel {
  /// The trained head, when there is one.
  public var head: LabelHead? { adapters.lazy.compactMap { $0 as? LabelHead }.first }

  /// The model's word on an input: its head's labels, or those of the checkpoint's own classifier;
  /// nil for a model with neither, or with a classifier that gives several labels or numbers at
  /// once.
  public var labels: LabelSet? {
    if let head { return head.labels }
    let shape = base.architecture.shape
    switch shape.outputKind {
    case .exclusive: return shape.labels.map { $0.count == 1 ? .number : LabelSet($0) }
    case .number: return shape.labels?.count == 1 ? .number : nil
    case .independent: return nil
    }
  }

  /// A run that ends in the head's outputs for labelled examples, without the adapters.
  func labelRequest(_ batch: [TokenizedExample]) -> Request {
    let inputs = batch.map(\.input)
    guard let head else { return base.measuring(inputs) }
    return Request(
      inputs,
      captures: [
        Cells(
          .blockOutput, layer: base.architecture.layers - 1,
          positions: inputs.map(head.pooling.positions))
      ])
  }

  /// The head's outputs: [examples, outputs].
  func labelOutputs(
    _ batch: [TokenizedExample], members: [Int]? = nil, noise: TrainingNoise? = nil,
    recomputesBlocks: Bool = false, store: ActivationStore? = nil
  ) throws -> Tensor {
    var request = labelRequest(batch)
    request.recomputesBlocks = recomputesBlocks
    noise?.disturb(&request, base.network)
    try contribute(
      to: &request, promptLengths: batch.map(\.promptLength), members: members, noise: noise)
    let run = try base.run(request, store: store)
    guard let head else {
      guard let logits = run.logits else { programmerError("labelOutputs: no head") }
      return logits
    }
    return head.outputs(
      run.captures[0], counts: batch.map { head.pooling.positions(of: $0.input).count })
  }

  /// The mean cross-entropy of the right labels, or the mean squared error of a number, as a
  /// scalar.
  func labelLoss(_ batch: [TokenizedExample], outputs: Tensor) -> Tensor {
    let values = batch.map { $0.label ?? .nan }
    guard labels?.isNumber == true else { return outputs.crossEntropy(values.map { Int($0) }) }
    let error = outputs - Tensor(values.map { Float($0) }, shape: outputs.shape)
    return (error * error).mean()
  }
}

extension LanguageModel {
  /// Labelled examples as the model reads them: their sentences, a pair as a pair, or their prompt
  /// where they have none.
  ///
  /// - Parameter reserved: positions that something else takes, such as soft tokens
  /// - Throws: `DatasetError` or `FineTuningError` naming an example that is too long or whose
  ///   label isn't known.
  public func tokenized(
    _ examples: [TaskExample], labels: LabelSet, reserving reserved: Int = 0
  ) throws -> [TokenizedExample] {
    try examples.enumerated().map { index, example in
      let input = labelledInput(example)
      guard input.length > 0 else {
        throw FineTuningError.emptyText(example: index, part: "text")
      }
      let maximum = network.architecture.maximumLength - reserved
      guard input.length <= maximum else {
        throw example.tooLong(index, tokens: input.length, maximum: maximum)
      }
      return TokenizedExample(input: input, label: try labels.value(of: example))
    }
  }

  /// The texts of a labelled example as the model reads them.
  func labelledInput(_ example: TaskExample) -> ModelInput {
    let texts = example.sentences.isEmpty ? [example.prompt] : example.sentences
    return texts.count == 2 ? encode(texts[0], texts[1]).input : encode(texts[0]).input
  }
}

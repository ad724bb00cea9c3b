import InterchangeDatasets
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors

extension FineTuningData {
  /// Steering vectors from wrong to right answers (contrastive activation addition, arXiv
  /// 2312.06681): the mean difference of the last token's activation between each training prompt
  /// followed by its completion and by the same completion with another of the possible answers.
  ///
  /// - Returns: [width] by layer
  /// - Throws: `FineTuningError` where the examples have no possible answers to choose from.
  public func steeringVectors(
    _ model: LanguageModel, component: Component, layers: [Int]
  ) throws -> [Int: Tensor] {
    let pairs = try train.flatMap { example -> [(positive: [Int], negative: [Int])] in
      guard example.answer != nil, example.choices.count > 1 else {
        throw FineTuningError.invalidSetting(
          name: "steering", expected: "examples with at least 2 possible answers",
          found: example.origin.map { "\($0)" } ?? "an example without")
      }
      let wrong = example.choices.filter { $0 != example.answer }
      let (prompt, answers) = try task.template.encode(
        example,
        followedBy: ([example.answer ?? ""] + wrong).map { example.completion(answering: $0) },
        by: model.tokenizer, ending: false)
      return answers.dropFirst().map { (prompt + answers[0], prompt + $0) }
    }
    return try SteeringVectors.compute(
      from: pairs, model: model, component: component, layers: layers, method: .differenceOfMeans
    ).vectors.vectors
  }
}

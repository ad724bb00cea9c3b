import InterchangeFineTuning
import InterchangeModels

/// The modules in which the adapters library has the bottlenecks of a model, and the components
/// that they change.
struct AdapterHubLayout {
  /// The two places in a block.
  enum Place: CaseIterable {
    case attention
    case output
  }

  /// A model's classes in transformers and here.
  let model: String
  let modelClass: String
  /// The module of a block, up to its number.
  private let blocks: String
  private let attention: String
  private let output: String
  /// True where a norm follows the residual stream's additions: there a bottleneck beside a
  /// sub-layer reads what the sub-layer reads, elsewhere the stream before the norm.
  let isNormedAfter: Bool

  private static let all = [
    AdapterHubLayout(
      model: "llama", modelClass: "LlamaForCausalLM", blocks: "model.layers",
      attention: "attention_adapters", output: "output_adapters", isNormedAfter: false),
    AdapterHubLayout(
      model: "mistral", modelClass: "MistralForCausalLM", blocks: "model.layers",
      attention: "attention_adapters", output: "output_adapters", isNormedAfter: false),
    AdapterHubLayout(
      model: "gpt2", modelClass: "GPT2LMHeadModel", blocks: "transformer.h",
      attention: "attention_adapters", output: "output_adapters", isNormedAfter: false),
    AdapterHubLayout(
      model: "bert", modelClass: "BertModel", blocks: "bert.encoder.layer",
      attention: "attention.output", output: "output", isNormedAfter: true),
    AdapterHubLayout(
      model: "roberta", modelClass: "RobertaModel", blocks: "roberta.encoder.layer",
      attention: "attention.output", output: "output", isNormedAfter: true),
  ]

  /// The names of the models that have one.
  static var models: String { all.map(\.model).joined(separator: ", ") }

  /// The layout of a model.
  ///
  /// - Throws: `FineTuningError` for one that isn't known here.
  static func of(_ base: LanguageModel) throws -> AdapterHubLayout {
    guard let layout = all.first(where: { $0.model == base.architecture.name }) else {
      throw AdapterHubFolder.unwritable("a model among \(models)", base.architecture.name)
    }
    return layout
  }

  /// The module of a place.
  func module(_ place: Place, layer: Int) -> String {
    "\(blocks).\(layer).\(place == .attention ? attention : output)"
  }

  /// The component that a bottleneck changes, and the one that it reads when it stands beside a
  /// sub-layer.
  ///
  /// - Parameters:
  ///   - isParallel: whether it stands beside the sub-layer
  ///   - isAfterAddition: whether it comes after the addition to the residual stream
  /// - Returns: nil for what has no component here
  func component(
    _ place: Place, isParallel: Bool, isAfterAddition: Bool
  ) -> (changed: Component, read: Component?)? {
    let isAttention = place == .attention
    switch (isParallel, isAfterAddition) {
    case (false, false): return (isAttention ? .attentionOutput : .mlpOutput, nil)
    case (false, true):
      return isNormedAfter ? nil : (isAttention ? .residualMiddle : .blockOutput, nil)
    case (true, _):
      guard isNormedAfter else { return nil }
      return isAttention ? (.attentionOutput, .attentionInput) : (.mlpOutput, .mlpInput)
    }
  }
}

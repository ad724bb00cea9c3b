import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// StarCoder 2 (arXiv 2402.19173): LLaMA with layer norms, biases, and a plain MLP.
public enum Starcoder2Family: TransformerFamily {
  public static let names = ["Starcoder2ForCausalLM", "Starcoder2ForSequenceClassification"]
  public static let modelTypes = ["starcoder2"]
  public static let ggufNames = ["starcoder2"]

  public static let fields = KnownFields(
    harmless: ["attention_dropout", "embedding_dropout", "residual_dropout", "mlp_type"],
    harmlessAt: ["norm_type": [.string("layer_norm")]])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "starcoder2", keyHeads: settings.gguf == nil ? 2 : nil, maximumLength: 4096, epsilon: 1e-5,
      epsilonField: "norm_epsilon", norm: .layer, activation: .geluTanh, ties: true)
    design.mlp.isGated = false
    design.useBiases(try settings.valueIfPresent("use_bias") ?? true)
    try settings.addRotary(to: &design)
    let window = try settings.window(otherwise: nil)
    design.useWindow(window)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    TransformerNames([.projection(.up): "mlp.c_fc", .projection(.down): "mlp.c_proj"])
  }
}

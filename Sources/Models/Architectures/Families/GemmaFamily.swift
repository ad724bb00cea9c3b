import InterchangeCheckpoints
import InterchangeTensors

/// Gemma (arXiv 2403.08295): embeddings times √width, norms by 1 + weight, a GeGLU MLP.
public enum GemmaFamily: TransformerFamily {
  public static let names = ["GemmaForCausalLM", "GemmaForSequenceClassification"]
  public static let modelTypes = ["gemma"]
  public static let ggufNames = ["gemma"]

  public static let fields = KnownFields(
    // The reference computes `hidden_act` alone, and takes "gelu" for the approximation.
    harmless: ["attention_dropout", "hidden_activation"],
    harmlessAt: ["use_bidirectional_attention": []])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.gemmaDesign("gemma")
    let name: String? = try settings.valueIfPresent("hidden_act")
    design.mlp.activation =
      name == "gelu" ? .geluTanh : try settings.activation(otherwise: .geluTanh)
    try settings.addRotary(to: &design)
    return design
  }
}

extension ModelSettings {
  /// What all of Gemma's generations have in common.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the setting.
  func gemmaDesign(_ name: String, maximumLength: Int = 8192) throws -> TransformerDesign {
    var design = try standardDesign(
      name, headWidth: 256, maximumLength: maximumLength, activation: .geluTanh, ties: true)
    try addBiases(to: &design)
    design.norm.offset = 1
    design.embedding.scale = Float(max(0, design.width)).squareRoot()
    return design
  }

  /// What Gemma 2 and 3 have besides: norms on both sides, a scale and bounds, windows by layer.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the setting.
  func laterGemmaDesign(
    _ name: String, maximumLength: Int, queryScalar: Double = 256
  ) throws -> TransformerDesign {
    var design = try gemmaDesign(name, maximumLength: maximumLength)
    design.mlp.activation = try activation("hidden_activation", otherwise: .geluTanh)
    design.block.hasNormsBehind = true
    let scalar: Double =
      try valueIfPresent("query_pre_attn_scalar")
      ?? (gguf == nil ? queryScalar : Double(design.headWidth))
    design.attention.scale = Float(1 / scalar.squareRoot())
    design.head.softCap = try valueIfPresent(
      "final_logit_softcapping", gguf: "final_logit_softcapping")
    return design
  }
}

extension TransformerNames {
  /// The four norms of a block of Gemma 2 and 3.
  static let laterGemma = TransformerNames([
    .afterAttentionNorm: "post_attention_layernorm", .mlpNorm: "pre_feedforward_layernorm",
    .afterMLPNorm: "post_feedforward_layernorm",
  ])
}

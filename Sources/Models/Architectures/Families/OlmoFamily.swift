import InterchangeCheckpoints

/// OLMo (arXiv 2402.00838): LLaMA with layer norms that have no parameters.
public enum OlmoFamily: TransformerFamily {
  public static let names = ["OlmoForCausalLM"]
  public static let modelTypes = ["olmo"]
  public static let ggufNames = ["olmo"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "olmo", epsilon: 1e-5, epsilonField: "layer_norm_eps", norm: .layer)
    (design.norm.hasWeight, design.norm.hasBias) = (false, false)
    try settings.addBiases(to: &design)
    design.attention.clip = try settings.valueIfPresent("clip_qkv", gguf: "attention.clamp_kqv")
    try settings.addRotary(to: &design)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    .interleavedInGGUF
  }
}

import InterchangeCheckpoints

/// OLMo 2 (arXiv 2501.00656): norms behind attention and MLP alone, and of all queries and keys.
public enum Olmo2Family: TransformerFamily {
  public static let names = ["Olmo2ForCausalLM"]
  public static let modelTypes = ["olmo2"]
  public static let ggufNames = ["olmo2"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign("olmo2", epsilon: 1e-5)
    try settings.addBiases(to: &design)
    (design.block.hasNormsBefore, design.block.hasNormsBehind) = (false, true)
    design.attention.headNorm = .whole
    try settings.addRotary(to: &design)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    TransformerNames([
      .afterAttentionNorm: "post_attention_layernorm",
      .afterMLPNorm: "post_feedforward_layernorm",
    ])
  }
}

import InterchangeCheckpoints

/// Qwen3 (arXiv 2505.09388): LLaMA with a norm of each head's queries and keys.
public enum Qwen3Family: TransformerFamily {
  public static let names = ["Qwen3ForCausalLM", "Qwen3ForSequenceClassification"]
  public static let modelTypes = ["qwen3"]
  public static let ggufNames = ["qwen3"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "qwen3", headWidth: 128, keyHeads: settings.gguf == nil ? 32 : nil, maximumLength: 32_768)
    try settings.addBiases(to: &design)
    design.attention.headNorm = .shared
    try settings.addRotary(to: &design)
    try settings.addQwenWindows(to: &design)
    return design
  }
}

import InterchangeCheckpoints
import InterchangeTensors

/// Granite 3 (IBM): LLaMA with multipliers of embeddings, scores, additions to the stream, and
/// logits.
public enum GraniteFamily: TransformerFamily {
  public static let names = ["GraniteForCausalLM"]
  public static let modelTypes = ["granite"]
  public static let ggufNames = ["granite"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign("granite")
    try settings.addBiases(to: &design)
    func factor(_ field: String, gguf key: String) throws -> Float? {
      try settings.valueIfPresent(field, gguf: key)
    }
    design.embedding.scale = try factor("embedding_multiplier", gguf: "embedding_scale") ?? 1
    design.attention.scale =
      try factor("attention_multiplier", gguf: "attention.scale")
      ?? (settings.gguf == nil ? 1 : nil)
    design.block.residualScale = try factor("residual_multiplier", gguf: "residual_scale") ?? 1
    design.head.scale = 1 / (try factor("logits_scaling", gguf: "logit_scale") ?? 1)
    try settings.addRotary(to: &design)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    .interleavedInGGUF
  }
}

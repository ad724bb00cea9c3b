import InterchangeBasics
import InterchangeCheckpoints

/// Gemma 2 (arXiv 2408.00118): norms before and behind attention and MLP, bounded scores and
/// logits, a window in every other layer.
public enum Gemma2Family: TransformerFamily {
  public static let names = ["Gemma2ForCausalLM", "Gemma2ForSequenceClassification"]
  public static let modelTypes = ["gemma2"]
  public static let ggufNames = ["gemma2"]

  public static let fields = KnownFields(
    harmless: ["attention_dropout", "cache_implementation", "hidden_act"],
    harmlessAt: ["use_bidirectional_attention": []])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.laterGemmaDesign("gemma2", maximumLength: 8192)
    func bound(_ field: String, gguf key: String, _ usual: Float) throws -> Float? {
      let stated: Float? = try settings.valueIfPresent(field, gguf: key)
      return stated ?? (settings.configuration?.fields[field] == .null ? nil : usual)
    }
    design.attention.softCap = try bound(
      "attn_logit_softcapping", gguf: "attn_logit_softcapping", 50)
    design.head.softCap = try bound(
      "final_logit_softcapping", gguf: "final_logit_softcapping", 30)
    if settings.gguf != nil {
      // The 27B form divides by the width of the stream's share of a head instead.
      design.attention.scale =
        design.layers == 46
        ? 1 / Float(design.width / max(1, design.heads)).squareRoot() : design.attention.scale
    }
    if design.head.labels != nil { design.head.softCap = nil }
    try settings.addRotary(to: &design)
    let window = try settings.window(otherwise: 4096)
    let sliding = try settings.slidingLayers(design.layers) { $0 % 2 == 0 }
    for layer in design.layerAttention.indices where sliding[layer] {
      design.layerAttention[layer].window = window
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    .laterGemma
  }
}

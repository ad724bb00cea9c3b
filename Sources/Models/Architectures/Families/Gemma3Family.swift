import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// Gemma 3 (arXiv 2503.19786), the text model: norms of queries and keys, five layers with a window
/// and local frequencies to one without.
public enum Gemma3Family: TransformerFamily {
  public static let names = ["Gemma3ForCausalLM", "Gemma3TextForSequenceClassification"]
  public static let modelTypes = ["gemma3_text"]
  public static let ggufNames = ["gemma3"]

  public static let fields = KnownFields(
    // The reference doesn't hand the bound of scores on.
    harmless: [
      "attention_dropout", "attn_logit_softcapping", "cache_implementation", "hidden_act",
    ],
    harmlessAt: ["use_bidirectional_attention": [.bool(false)]])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.laterGemmaDesign("gemma3", maximumLength: 131_072)
    design.attention.headNorm = .shared
    let period: Int =
      try settings.valueIfPresent(
        "sliding_window_pattern", gguf: "attention.sliding_window_pattern")
      ?? settings.valueIfPresent("_sliding_window_pattern") ?? 6
    let sliding = try settings.slidingLayers(design.layers) {
      period <= 0 || ($0 + 1) % period != 0
    }
    let window = try settings.window(otherwise: 4096)
    var rotary = RotarySettings(
      headWidth: design.headWidth, maximumLength: design.maximumLength)
    rotary.base = 1_000_000
    let global = try rotary.embedding(settings, layerType: "full_attention")
    let local = try settings.localEmbedding(design)
    for layer in design.layerAttention.indices {
      design.layerAttention[layer] =
        sliding[layer]
        ? LayerAttention(rotary: local, window: window) : LayerAttention(rotary: global)
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    .laterGemma
  }
}

extension ModelSettings {
  /// The frequencies of layers with a window: a section of their own in newer files, a base of
  /// their own in older ones and in GGUF.
  fileprivate func localEmbedding(_ design: TransformerDesign) throws -> RotaryEmbedding {
    var rotary = RotarySettings(
      headWidth: design.headWidth, maximumLength: design.maximumLength)
    let kind = "sliding_attention"
    let base: Double? = try valueIfPresent("rope_local_base_freq", gguf: "rope.freq_base_swa")
    if try sectionIfPresent("rope_parameters")?.sectionIfPresent(kind) != nil {
      rotary.base = base ?? 10_000
      return try rotary.embedding(self, layerType: kind)
    }
    return RotaryEmbedding(headWidth: design.headWidth, base: base ?? 10_000)
  }
}

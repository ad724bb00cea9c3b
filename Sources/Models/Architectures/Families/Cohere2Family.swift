import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// Command-R7B (Cohere 2): Command-R whose layers have a window with rotary positions, or see all
/// without positions.
public enum Cohere2Family: TransformerFamily {
  public static let names = ["Cohere2ForCausalLM"]
  public static let modelTypes = ["cohere2"]
  public static let ggufNames = ["cohere2"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "cache_implementation", "order_of_interleaved_layers", "rotary_pct",
      "use_embedding_sharing", "use_gated_activation", "use_parallel_block",
      "use_parallel_embedding", "position_embedding_type",
    ],
    harmlessAt: ["use_qk_norm": [.bool(false)]])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.cohereDesign("cohere2")
    try settings.addRotary(to: &design) { rotary in
      (rotary.pairing, rotary.base) = (.adjacent, 500_000)
    }
    let period: Int =
      try settings.valueIfPresent(
        "sliding_window_pattern", gguf: "attention.sliding_window_pattern")
      ?? settings.valueIfPresent("_sliding_window_pattern") ?? 4
    let sliding = try settings.slidingLayers(design.layers) {
      period <= 0 || ($0 + 1) % period != 0
    }
    let window = try settings.window(otherwise: 4096)
    for layer in design.layerAttention.indices {
      if sliding[layer] {
        design.layerAttention[layer].window = window
      } else {
        design.layerAttention[layer].rotary = nil
      }
    }
    return design
  }
}

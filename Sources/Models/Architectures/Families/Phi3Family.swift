import InterchangeCheckpoints
import InterchangeTensors

/// Phi-3 and 3.5 (arXiv 2404.14219): LLaMA with fused projections, and LongRoPE in its long forms.
public enum Phi3Family: TransformerFamily {
  public static let names = ["Phi3ForCausalLM", "Phi3ForSequenceClassification"]
  public static let modelTypes = ["phi3"]
  public static let ggufNames = ["phi3"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "embd_pdrop", "resid_pdrop", "attention_bias",
      "original_max_position_embeddings",
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign("phi3", maximumLength: 4096, epsilon: 1e-5)
    try settings.addRotary(to: &design) { $0.readsShare = true }
    let window = try settings.window(otherwise: nil)
    design.useWindow(window)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames()
    names.fused = [
      .attention("self_attn.qkv_proj"), .init("mlp.gate_up_proj", [.gate, .up]),
    ]
    return names
  }
}

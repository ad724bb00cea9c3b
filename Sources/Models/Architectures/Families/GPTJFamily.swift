import InterchangeCheckpoints
import InterchangeTensors

/// GPT-J: attention and MLP in parallel behind one norm, rotary positions in adjacent pairs.
public enum GPTJFamily: TransformerFamily {
  public static let names = ["GPTJForCausalLM", "GPTJForSequenceClassification"]
  public static let modelTypes = ["gptj"]

  public static let fields = KnownFields(
    harmless: [
      "attn_pdrop", "embd_pdrop", "resid_pdrop", "gradient_checkpointing", "rotary",
      "scale_attn_weights", "summary_activation", "summary_first_dropout", "summary_proj_to_labels",
      "summary_type", "summary_use_proj", "n_ctx",
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    let width: Int = try settings.value("n_embd", gguf: "embedding_length")
    var design = TransformerDesign(
      name: "gptj", vocabulary: try settings.vocabulary(), width: width,
      layers: try settings.value("n_layer", gguf: "block_count"),
      heads: try settings.value("n_head", gguf: "attention.head_count"),
      hiddenWidth: try settings.valueIfPresent("n_inner") ?? 4 &* width,
      maximumLength: try settings.valueIfPresent("n_positions") ?? 2048)
    design.useLayerNorms(epsilon: try settings.valueIfPresent("layer_norm_epsilon") ?? 1e-5)
    design.block.order = .parallelSharedNorm
    design.mlp.isGated = false
    design.mlp.hasBias = true
    design.mlp.activation = try settings.activation("activation_function", otherwise: .geluTanh)
    design.head = try settings.headDesign(ties: false, bias: true)
    if design.head.labels != nil { design.head.hasBias = false }
    design.layerAttention = Array(repeating: LayerAttention(), count: design.boundedLayers)
    let turned: Int = try settings.valueIfPresent("rotary_dim") ?? 64
    try settings.addRotary(to: &design) { rotary in
      (rotary.turned, rotary.pairing) = (turned, .adjacent)
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .embeddings: "wte", .attentionNorm: "ln_1", .projection(.query): "attn.q_proj",
      .projection(.key): "attn.k_proj", .projection(.value): "attn.v_proj",
      .projection(.output): "attn.out_proj", .projection(.up): "mlp.fc_in",
      .projection(.down): "mlp.fc_out", .finalNorm: "ln_f",
    ])
    names.prefixes = ["transformer.", ""]
    names.layers = "h."
    return names
  }

  /// True of the masks that older files keep.
  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.isMask(tensor, of: "attn")
  }
}

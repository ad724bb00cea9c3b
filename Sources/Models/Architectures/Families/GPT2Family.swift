import InterchangeCheckpoints
import InterchangeTensors

/// GPT-2: learned positions, layer norms, biases everywhere, a plain MLP.
public enum GPT2Family: TransformerFamily {
  public static let names = ["GPT2LMHeadModel", "GPT2ForSequenceClassification"]
  public static let modelTypes = ["gpt2"]
  public static let ggufNames = ["gpt2"]

  public static let fields = KnownFields(
    harmless: [
      "attn_pdrop", "embd_pdrop", "resid_pdrop", "reorder_and_upcast_attn", "summary_activation",
      "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj",
      "n_ctx",
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    let width: Int = try settings.value("n_embd", gguf: "embedding_length")
    let inner: Int? = try settings.valueIfPresent("n_inner", gguf: "feed_forward_length")
    let positions: Int = try settings.value("n_positions", gguf: "context_length")
    var design = TransformerDesign(
      name: "gpt2", vocabulary: try settings.vocabulary(), width: width,
      layers: try settings.value("n_layer", gguf: "block_count"),
      heads: try settings.value("n_head", gguf: "attention.head_count"),
      hiddenWidth: inner ?? 4 &* width, maximumLength: positions)
    design.embedding.positions = positions
    try settings.require(gguf: "attention.head_count_kv", design.heads)
    design.useLayerNorms(
      epsilon: try settings.valueIfPresent(
        "layer_norm_epsilon", gguf: "attention.layer_norm_epsilon") ?? 1e-5)
    design.useBiases()
    design.mlp.isGated = false
    design.mlp.activation = try settings.activation("activation_function", otherwise: .geluTanh)
    design.head = try settings.headDesign(ties: true)
    if try settings.valueIfPresent("scale_attn_weights") == false { design.attention.scale = 1 }
    let dividesByLayer: Bool =
      try settings.valueIfPresent("scale_attn_by_inverse_layer_idx") ?? false
    design.layerAttention = (0..<design.boundedLayers).map {
      var layer = LayerAttention()
      if dividesByLayer { layer.scale = 1 / Float($0 + 1) }
      return layer
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .embeddings: "wte", .positions: "wpe", .attentionNorm: "ln_1", .mlpNorm: "ln_2",
      .projection(.output): "attn.c_proj", .projection(.up): "mlp.c_fc",
      .projection(.down): "mlp.c_proj", .finalNorm: "ln_f",
    ])
    names.prefixes = ["transformer.", ""]
    names.layers = "h."
    names.fused = [.attention("attn.c_attn")]
    names.isTransposed = true
    return names
  }

  /// True of the masks that older files keep.
  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.isMask(tensor, of: "attn")
  }
}

extension TransformerDesign {
  /// Makes all norms layer norms.
  mutating func useLayerNorms(epsilon: Float) { norm = NormDesign(.layer, epsilon: epsilon) }

  /// Gives every map of a block a bias, or none.
  mutating func useBiases(_ isUsed: Bool = true) {
    (attention.hasBias, attention.hasOutputBias, mlp.hasBias) = (isUsed, isUsed, isUsed)
  }
}

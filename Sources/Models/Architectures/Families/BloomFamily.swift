import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// BLOOM (arXiv 2211.05100): ALiBi instead of positions, a norm behind the embeddings.
public enum BloomFamily: TransformerFamily {
  public static let names = ["BloomForCausalLM", "BloomForSequenceClassification"]
  public static let modelTypes = ["bloom"]
  public static let ggufNames = ["bloom"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "attention_softmax_in_fp32", "bias_dropout_fusion", "hidden_dropout",
      "masked_softmax_fusion", "n_inner", "offset_alibi", "pretraining_tp", "skip_bias_add",
      "skip_bias_add_qkv", "slow_but_exact", "unk_token_id",
    ],
    harmlessAt: ["apply_residual_connection_post_layernorm": [.bool(false)]])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    let older: Int? = try settings.valueIfPresent("n_embed")
    let width: Int = try older ?? settings.value("hidden_size", gguf: "embedding_length")
    if older != nil { settings.note("hidden_size") }
    var design = TransformerDesign(
      name: "bloom", vocabulary: try settings.vocabulary(), width: width,
      layers: try settings.valueIfPresent("num_hidden_layers")
        ?? settings.value("n_layer", gguf: "block_count"),
      heads: try settings.valueIfPresent("num_attention_heads")
        ?? settings.value("n_head", gguf: "attention.head_count"),
      hiddenWidth: try settings.valueIfPresent(gguf: "feed_forward_length") ?? 4 &* width,
      maximumLength: try settings.valueIfPresent("seq_length", gguf: "context_length") ?? 2048)
    try settings.require(gguf: "attention.head_count_kv", design.heads)
    design.useLayerNorms(
      epsilon: try settings.valueIfPresent(
        "layer_norm_epsilon", gguf: "attention.layer_norm_epsilon") ?? 1e-5)
    design.embedding.hasNorm = true
    design.useBiases()
    design.mlp.isGated = false
    design.mlp.activation = .geluTanh
    design.attention.slopes = AttentionDesign.slopes(heads: design.heads)
    design.head = try settings.headDesign(ties: true)
    design.layerAttention = Array(repeating: LayerAttention(), count: design.boundedLayers)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .embeddings: "word_embeddings", .embeddingNorm: "word_embeddings_layernorm",
      .projection(.output): "self_attention.dense", .projection(.up): "mlp.dense_h_to_4h",
      .projection(.down): "mlp.dense_4h_to_h", .finalNorm: "ln_f",
    ])
    names.prefixes = ["transformer.", ""]
    names.layers = "h."
    names.fused = [.attention("self_attention.query_key_value", .byKeyHead)]
    return names
  }
}

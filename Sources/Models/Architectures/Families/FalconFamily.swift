import InterchangeCheckpoints
import InterchangeTensors

/// Falcon (arXiv 2311.16867) in its three forms: 7B with one key head and one norm, 40B with groups
/// and two, and the first ones with ALiBi.
public enum FalconFamily: TransformerFamily {
  public static let names = ["FalconForCausalLM", "FalconForSequenceClassification"]
  public static let modelTypes = ["falcon"]
  public static let ggufNames = ["falcon"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "hidden_dropout", "apply_residual_connection_post_layernorm",
      "use_alibi",
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    let older: Int? = try settings.valueIfPresent("n_embed")
    let width: Int = try older ?? settings.value("hidden_size", gguf: "embedding_length")
    if older != nil { settings.note("hidden_size") }
    let heads: Int = try settings.value("num_attention_heads", gguf: "attention.head_count")
    let isNew: Bool = try settings.valueIfPresent("new_decoder_architecture") ?? false
    let isMultiQuery: Bool = try settings.valueIfPresent("multi_query") ?? true
    let stated: Int? = try settings.valueIfPresent(
      "num_kv_heads", gguf: "attention.head_count_kv")
    let keyHeads =
      settings.gguf != nil ? stated ?? heads : isNew ? stated ?? heads : isMultiQuery ? 1 : heads
    var design = TransformerDesign(
      name: "falcon", vocabulary: try settings.vocabulary(), width: width,
      layers: try settings.value("num_hidden_layers", gguf: "block_count"), heads: heads,
      keyHeads: keyHeads,
      hiddenWidth: try settings.valueIfPresent("ffn_hidden_size", gguf: "feed_forward_length")
        ?? 4 &* width,
      maximumLength: try settings.valueIfPresent(
        "max_position_embeddings", gguf: "context_length") ?? 2048)
    design.useLayerNorms(
      epsilon: try settings.valueIfPresent(
        "layer_norm_epsilon", gguf: "attention.layer_norm_epsilon") ?? 1e-5)
    design.useBiases(try settings.valueIfPresent("bias") ?? false)
    design.mlp.isGated = false
    design.mlp.activation = try settings.activation("activation", otherwise: .gelu)
    let isParallel: Bool = try settings.valueIfPresent("parallel_attn") ?? true
    design.block.order =
      !isParallel && !isNew
      ? .sequential : try hasTwoNorms(settings) ? .parallel : .parallelSharedNorm
    design.head = try settings.headDesign(ties: true)
    design.layerAttention = Array(repeating: LayerAttention(), count: design.boundedLayers)
    if try settings.valueIfPresent("alibi") ?? false {
      let scale = 1 / Float(max(1, design.headWidth)).squareRoot()
      design.attention.slopes = AttentionDesign.slopes(heads: heads)
      design.attention.slopeScale = scale
      design.attention.slopesAreHalved = true
      for field in ["rope_theta", "rope_scaling", "rope_parameters"] { settings.note(field) }
    } else {
      try settings.addRotary(to: &design)
    }
    return design
  }

  /// Tells whether attention and MLP, where they are parallel, have a norm each.
  private static func hasTwoNorms(_ settings: ModelSettings) throws -> Bool {
    if let gguf = settings.gguf { return gguf.contains("blk.0.attn_norm_2.weight") }
    let isNew: Bool = try settings.valueIfPresent("new_decoder_architecture") ?? false
    return try settings.valueIfPresent("num_ln_in_parallel_attn") ?? (isNew ? 2 : 1) == 2
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    let isParallel: Bool = try settings.valueIfPresent("parallel_attn") ?? true
    let hasTwo = try isParallel && hasTwoNorms(settings)
    var names = TransformerNames([
      .embeddings: "word_embeddings",
      .attentionNorm: hasTwo ? "ln_attn" : "input_layernorm",
      .mlpNorm: hasTwo ? "ln_mlp" : "post_attention_layernorm",
      .projection(.output): "self_attention.dense", .projection(.up): "mlp.dense_h_to_4h",
      .projection(.down): "mlp.dense_4h_to_h", .finalNorm: "ln_f",
    ])
    names.prefixes = ["transformer.", ""]
    names.layers = "h."
    // The second of two norms there is the attention's.
    if hasTwo {
      names.ggufRoles = [.attentionNorm: "attn_norm_2", .mlpNorm: "attn_norm"]
    }
    names.fused = [.attention("self_attention.query_key_value", .byKeyHead)]
    return names
  }
}

import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// T5 and Flan-T5 (arXiv 1910.10683): RMS norms, no biases, scores without a scale to which learned
/// additions for distances come; in the first version a plain ReLU and a head that is the embedding
/// table, in 1.1 a gated GELU and a head of its own.
public enum T5Family: EncoderDecoderFamily {
  public static let names = ["T5ForConditionalGeneration", "T5WithLMHeadModel"]
  public static let modelTypes = ["t5"]
  public static let ggufNames = ["t5"]

  /// Distances have no end: what bounds the length is the table of them alone.
  private static let maximumLength = 4096

  public static let fields = KnownFields(
    harmless: [
      "classifier_dropout", "dense_act_fn", "dropout_rate", "initializer_factor", "is_gated_act",
      "n_positions", "output_past",
    ])

  public static let ggufKeys = KnownFields(
    harmless: ["attention.layer_norm_rms_epsilon", "context_length", "vocab_size"])

  /// True of a table of the cross-attention's distances, which older files have and nothing reads.
  public static func mayLeave(_ tensor: String) -> Bool {
    tensor.hasSuffix("EncDecAttention.relative_attention_bias.weight")
  }

  public static func designs(_ settings: ModelSettings) throws -> StackDesigns {
    let layers: Int = try settings.value("num_layers", gguf: "block_count")
    let epsilon: Float =
      try settings.valueIfPresent("layer_norm_epsilon", gguf: "attention.layer_norm_epsilon")
      ?? 1e-6
    var encoder = TransformerDesign(
      name: "t5", vocabulary: try settings.vocabulary(),
      width: try settings.value("d_model", gguf: "embedding_length"), layers: layers,
      heads: try settings.value("num_heads", gguf: "attention.head_count"),
      headWidth: try settings.value("d_kv", gguf: "attention.key_length"),
      hiddenWidth: try settings.value("d_ff", gguf: "feed_forward_length"),
      maximumLength: maximumLength)
    try settings.require(gguf: "attention.value_length", encoder.headWidth)
    encoder.norm = NormDesign(.rms, epsilon: epsilon)
    encoder.isCausal = false
    encoder.attention.scale = 1
    encoder.attention.distances = DistanceDesign(
      buckets: try settings.valueIfPresent(
        "relative_attention_num_buckets", gguf: "attention.relative_buckets_count") ?? 32,
      farthest: try settings.valueIfPresent("relative_attention_max_distance") ?? 128)
    try addMLP(to: &encoder, settings)
    encoder.layerAttention = Array(repeating: LayerAttention(), count: encoder.boundedLayers)
    var decoder = encoder
    decoder.layers =
      try settings.valueIfPresent("num_decoder_layers", gguf: "decoder_block_count") ?? layers
    decoder.isCausal = true
    decoder.block.crosses = true
    decoder.attention.distances?.isOneSided = true
    decoder.layerAttention = Array(repeating: LayerAttention(), count: decoder.boundedLayers)
    encoder.head.exists = false
    let isTied: Bool =
      try settings.valueIfPresent("tie_word_embeddings")
      ?? !(settings.gguf?.contains("output.weight") ?? false)
    let isScaled: Bool = try settings.valueIfPresent("scale_decoder_outputs") ?? isTied
    decoder.head.isTied = isTied
    decoder.head.scale = isScaled ? 1 / Float(max(1, decoder.width)).squareRoot() : 1
    return StackDesigns(
      encoder: encoder, decoder: decoder,
      startToken: try settings.valueIfPresent(
        "decoder_start_token_id", gguf: "decoder_start_token_id") ?? 0)
  }

  /// Reads `feed_forward_proj`: a non-linearity, with `gated-` before it where there is a gate.
  /// GGUF files have a gate or not.
  private static func addMLP(
    to design: inout TransformerDesign, _ settings: ModelSettings
  ) throws {
    if let gguf = settings.gguf {
      design.mlp.isGated = gguf.contains("enc.blk.0.ffn_gate.weight")
      design.mlp.activation = design.mlp.isGated ? .geluTanh : .relu
      return
    }
    let form: String = try settings.valueIfPresent("feed_forward_proj") ?? "relu"
    design.mlp.isGated = form.hasPrefix("gated-")
    let name = form.replacing(/^gated-/, with: "")
    // The reference reads `gated-gelu` as its approximation.
    let activation =
      form == "gated-gelu" ? Activation.geluTanh : Activation.named(name)
    guard let activation else {
      throw settings.invalid(
        "feed_forward_proj", expected: "a non-linearity, or gated- and one", found: form)
    }
    design.mlp.activation = activation
  }

  public static var tensorNames: (encoder: TransformerNames, decoder: TransformerNames) {
    (
      stack("encoder.", gguf: "enc.", mlp: 1, [:]),
      stack(
        "decoder.", gguf: "dec.", mlp: 2,
        [
          .crossNorm: "layer.1.layer_norm",
          .projection(.crossQuery): "layer.1.EncDecAttention.q",
          .projection(.crossKey): "layer.1.EncDecAttention.k",
          .projection(.crossValue): "layer.1.EncDecAttention.v",
          .projection(.crossOutput): "layer.1.EncDecAttention.o",
        ])
    )
  }

  private static func stack(
    _ prefix: String, gguf: String, mlp: Int, _ others: [WeightRole: String]
  ) -> TransformerNames {
    let form = "layer.\(mlp).DenseReluDense"
    var names = TransformerNames([
      .positionBias: "block.0.layer.0.SelfAttention.relative_attention_bias",
      .attentionNorm: "layer.0.layer_norm", .projection(.query): "layer.0.SelfAttention.q",
      .projection(.key): "layer.0.SelfAttention.k", .projection(.value): "layer.0.SelfAttention.v",
      .projection(.output): "layer.0.SelfAttention.o", .mlpNorm: "layer.\(mlp).layer_norm",
      .projection(.gate): form + ".wi_0", .projection(.up): form + ".wi_1",
      .projection(.down): form + ".wo", .finalNorm: "final_layer_norm",
    ])
    names.roles.merge(others) { $1 }
    names.plainUp = form + ".wi"
    names.ggufRoles = [.positionBias: "blk.0.attn_rel_b", .projection(.output): "attn_o"]
    (names.prefixes, names.layers, names.ggufPrefix) = ([prefix], "block.", gguf)
    names.sharedTables = ["shared", "encoder.embed_tokens"]
    return names
  }
}

import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// ModernBERT (arXiv 2412.13663): norms before each half, rotated queries and keys, a gate, and in
/// two of three layers attention to what is near alone.
public enum ModernBertFamily: TransformerFamily {
  public static let names = [
    "ModernBertForMaskedLM", "ModernBertForSequenceClassification", "ModernBertModel",
  ]
  public static let modelTypes = ["modernbert"]

  public static let fields = KnownFields(
    applied: ["global_attn_every_n_layers"],
    harmless: [
      "attention_dropout", "classifier_dropout", "deterministic_flash_attn",
      "embedding_dropout", "hidden_act", "initializer_cutoff_factor", "layer_norm_eps",
      "mlp_dropout", "reference_compile", "repad_logits_with_grad",
      "sparse_pred_ignore_index",
    ],
    harmlessAt: [
      "position_embedding_type": [.string("absolute")], "sparse_prediction": [.bool(false)],
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "modernbert", maximumLength: 8192, epsilon: 1e-5, epsilonField: "norm_eps", norm: .layer,
      activation: .gelu, ties: true)
    design.isCausal = false
    design.norm.hasBias = try settings.valueIfPresent("norm_bias") ?? false
    design.mlp.activation = try settings.activation("hidden_activation", otherwise: .gelu)
    design.embedding.hasNorm = true
    design.block.lacksFirstNorm = true
    try settings.addBiases(to: &design)
    try addLayers(to: &design, settings)
    try addHead(to: &design, settings)
    return design
  }

  private static func addLayers(
    to design: inout TransformerDesign, _ settings: ModelSettings
  ) throws {
    let every: Int = try settings.valueIfPresent("global_attn_every_n_layers") ?? 3
    guard every > 0 else {
      throw settings.invalid(
        "global_attn_every_n_layers", expected: "at least 1", found: "\(every)")
    }
    let isLocal = try settings.slidingLayers(design.layers) { $0 % every != 0 }
    var rotary = RotarySettings(
      headWidth: design.headWidth, maximumLength: design.maximumLength)
    rotary.base = try settings.valueIfPresent("global_rope_theta") ?? 160_000
    let global = try rotary.embedding(settings, layerType: "full_attention")
    rotary.base = try settings.valueIfPresent("local_rope_theta") ?? 10_000
    let local = try rotary.embedding(settings, layerType: "sliding_attention")
    // Half of it is seen on each side, besides a position's own.
    let window: Int = try settings.valueIfPresent("local_attention") ?? 128
    design.layerAttention = isLocal.map {
      LayerAttention(rotary: $0 ? local : global, window: $0 ? window : nil)
    }
  }

  private static func addHead(
    to design: inout TransformerDesign, _ settings: ModelSettings
  ) throws {
    var transform = HeadTransform(
      try settings.activation("classifier_activation", otherwise: .gelu), norm: design.norm)
    transform.hasBias = try settings.valueIfPresent("classifier_bias") ?? false
    try settings.addEncoderHead(to: &design, transform: transform, labels: transform)
    let hasBias: Bool = try settings.valueIfPresent("decoder_bias") ?? true
    if design.head.labels == nil { design.head.hasBias = hasBias }
    let pooling: String = try settings.valueIfPresent("classifier_pooling") ?? "cls"
    guard ["cls", "mean"].contains(pooling) else {
      throw settings.invalid("classifier_pooling", expected: "cls or mean", found: pooling)
    }
    if design.head.labels != nil, pooling == "mean" { design.head.place = .mean }
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .embeddings: "embeddings.tok_embeddings", .embeddingNorm: "embeddings.norm",
      .attentionNorm: "attn_norm", .projection(.output): "attn.Wo", .mlpNorm: "mlp_norm",
      .projection(.down): "mlp.Wo", .finalNorm: "final_norm",
    ])
    names.fused = [
      .attention("attn.Wqkv"), TransformerNames.Fused("mlp.Wi", [.gate, .up]),
    ]
    names.head = "decoder"
    names.labels = "classifier"
    names.labelTransform = "head.dense"
    return names
  }
}

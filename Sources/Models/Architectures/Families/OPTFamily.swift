import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// OPT (arXiv 2205.01068): learned positions from the third row on, ReLU; in the form of 350M norms
/// of the stream after each addition, and a table narrower than the stream.
public enum OPTFamily: TransformerFamily {
  public static let names = ["OPTForCausalLM", "OPTForSequenceClassification"]
  public static let modelTypes = ["opt"]

  public static let fields = KnownFields(
    harmless: [
      "activation_dropout", "attention_dropout", "dropout", "init_std", "layerdrop",
      "output_projection",
      "use_cache",
    ],
    harmlessAt: ["layer_norm_elementwise_affine": [.bool(true)]])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    let maximumLength: Int = try settings.valueIfPresent("max_position_embeddings") ?? 2048
    let width: Int = try settings.value("hidden_size")
    var design = TransformerDesign(
      name: "opt", vocabulary: try settings.vocabulary(), width: width,
      layers: try settings.value("num_hidden_layers"),
      heads: try settings.value("num_attention_heads"),
      hiddenWidth: try settings.value("ffn_dim"), maximumLength: maximumLength)
    design.embedding.firstPosition = 2
    design.embedding.positions = maximumLength &+ 2
    let tableWidth: Int = try settings.valueIfPresent("word_embed_proj_dim") ?? width
    design.embedding.width = tableWidth == width ? nil : tableWidth
    design.useLayerNorms(epsilon: 1e-5)
    let isBefore: Bool = try settings.valueIfPresent("do_layer_norm_before") ?? true
    design.block.hasNormsBefore = isBefore
    design.block.hasNormsOfStream = !isBefore
    design.useBiases(try settings.valueIfPresent("enable_bias") ?? true)
    design.mlp.isGated = false
    design.mlp.activation = try settings.activation("activation_function", otherwise: .relu)
    design.head = try settings.headDesign(ties: true)
    let isRemoved: Bool = try settings.valueIfPresent("_remove_final_layer_norm") ?? false
    design.head.hasNorm = isBefore && !isRemoved
    design.layerAttention = Array(repeating: LayerAttention(), count: design.boundedLayers)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .positions: "embed_positions", .embeddingProjection: "project_in",
      .headProjection: "project_out", .attentionNorm: "self_attn_layer_norm",
      .afterAttentionNorm: "self_attn_layer_norm", .projection(.output): "self_attn.out_proj",
      .projection(.up): "fc1", .projection(.down): "fc2", .mlpNorm: "final_layer_norm",
      .afterMLPNorm: "final_layer_norm", .finalNorm: "final_layer_norm",
    ])
    names.prefixes = ["model.decoder.", "decoder.", ""]
    return names
  }
}

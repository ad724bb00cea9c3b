import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// BART (arXiv 1910.13461): norms of the stream after each addition and of the embeddings, learned
/// positions from the third row on, biases everywhere, and a bias of the logits.
public enum BartFamily: EncoderDecoderFamily {
  public static let names = ["BartForConditionalGeneration"]
  public static let modelTypes = ["bart"]

  public static let fields = KnownFields(
    harmless: [
      "activation_dropout", "attention_dropout", "classif_dropout", "classifier_dropout",
      "decoder_layerdrop", "dropout", "encoder_layerdrop", "gradient_checkpointing", "init_std",
      "num_hidden_layers",
    ],
    harmlessAt: [
      // Older files say what this family is anyway; the reference doesn't read them any more.
      "add_bias_logits": [.bool(false), .bool(true)], "add_final_layer_norm": [.bool(false)],
      "extra_pos_embeddings": [.integer(2)],
      "force_bos_token_to_be_generated": [.bool(true), .bool(false)],
      "normalize_before": [.bool(false)], "normalize_embedding": [.bool(true)],
      "static_position_embeddings": [.bool(false)],
    ])

  public static func designs(_ settings: ModelSettings) throws -> StackDesigns {
    let decoderStart: Int? = try settings.valueIfPresent("decoder_start_token_id")
    var encoder = try stack("encoder", settings)
    var decoder = try stack("decoder", settings)
    encoder.isCausal = false
    encoder.head.exists = false
    decoder.block.crosses = true
    decoder.head.isTied = try settings.valueIfPresent("tie_word_embeddings") ?? true
    decoder.head.hasBias = true
    return StackDesigns(encoder: encoder, decoder: decoder, startToken: decoderStart ?? 2)
  }

  private static func stack(
    _ name: String, _ settings: ModelSettings
  ) throws -> TransformerDesign {
    let maximumLength: Int = try settings.valueIfPresent("max_position_embeddings") ?? 1024
    var design = TransformerDesign(
      name: "bart", vocabulary: try settings.vocabulary(),
      width: try settings.value("d_model"), layers: try settings.value("\(name)_layers"),
      heads: try settings.value("\(name)_attention_heads"),
      hiddenWidth: try settings.value("\(name)_ffn_dim"), maximumLength: maximumLength)
    design.useEncoderBlocks(epsilon: 1e-5, positions: maximumLength &+ 2)
    design.isCausal = true
    design.embedding.firstPosition = 2
    let isScaled: Bool = try settings.valueIfPresent("scale_embedding") ?? false
    if isScaled { design.embedding.scale = Float(max(1, design.width)).squareRoot() }
    design.mlp.activation = try settings.activation("activation_function", otherwise: .gelu)
    design.layerAttention = Array(repeating: LayerAttention(), count: design.boundedLayers)
    return design
  }

  public static var tensorNames: (encoder: TransformerNames, decoder: TransformerNames) {
    (stack("model.encoder."), stack("model.decoder."))
  }

  private static func stack(_ prefix: String) -> TransformerNames {
    var names = TransformerNames([
      .positions: "embed_positions", .embeddingNorm: "layernorm_embedding",
      .projection(.output): "self_attn.out_proj", .afterAttentionNorm: "self_attn_layer_norm",
      .projection(.crossQuery): "encoder_attn.q_proj",
      .projection(.crossKey): "encoder_attn.k_proj",
      .projection(.crossValue): "encoder_attn.v_proj",
      .projection(.crossOutput): "encoder_attn.out_proj",
      .afterCrossNorm: "encoder_attn_layer_norm", .projection(.up): "fc1",
      .projection(.down): "fc2", .afterMLPNorm: "final_layer_norm",
    ])
    names.prefixes = [prefix]
    names.sharedTables = ["model.shared"]
    names.headBiases = ["final_logits_bias"]
    return names
  }
}

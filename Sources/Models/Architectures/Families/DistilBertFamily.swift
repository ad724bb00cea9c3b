import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// DistilBERT (arXiv 1910.01108): a BERT of half the layers, without token types.
public enum DistilBertFamily: TransformerFamily {
  public static let names = [
    "DistilBertForMaskedLM", "DistilBertForSequenceClassification", "DistilBertModel",
  ]
  public static let modelTypes = ["distilbert"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "dropout", "qa_dropout", "seq_classif_dropout",
      // How the table of positions was begun: it is in the file.
      "sinusoidal_pos_embds", "tie_weights_",
    ])

  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.mayLeaveOfEncoder(tensor)
  }

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    let positions: Int = try settings.valueIfPresent("max_position_embeddings") ?? 512
    var design = TransformerDesign(
      name: "distilbert", vocabulary: try settings.vocabulary(),
      width: try settings.value("dim"),
      layers: try settings.value("n_layers"),
      heads: try settings.value("n_heads"),
      hiddenWidth: try settings.value("hidden_dim"), maximumLength: positions)
    design.useEncoderBlocks(epsilon: 1e-12, positions: positions)
    design.mlp.activation = try settings.activation("activation", otherwise: .gelu)
    design.layerAttention = Array(repeating: LayerAttention(), count: design.boundedLayers)
    try settings.addEncoderHead(
      to: &design, transform: HeadTransform(design.mlp.activation, norm: design.norm),
      labels: HeadTransform(.relu))
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames.encoder(
      "distilbert.",
      [
        .projection(.query): "attention.q_lin", .projection(.key): "attention.k_lin",
        .projection(.value): "attention.v_lin", .projection(.output): "attention.out_lin",
        .afterAttentionNorm: "sa_layer_norm", .projection(.up): "ffn.lin1",
        .projection(.down): "ffn.lin2", .afterMLPNorm: "output_layer_norm",
      ])
    names.layers = "transformer.layer."
    names.transform = ("vocab_transform", "vocab_layer_norm")
    names.head = "vocab_projector"
    names.labelTransform = "pre_classifier"
    return names
  }
}

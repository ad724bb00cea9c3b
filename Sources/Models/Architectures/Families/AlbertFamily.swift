import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// ALBERT (arXiv 1909.11942): a BERT whose blocks have the same weights and whose table is narrower
/// than its stream.
public enum AlbertFamily: TransformerFamily {
  public static let names = [
    "AlbertForMaskedLM", "AlbertForPreTraining", "AlbertForSequenceClassification", "AlbertModel",
  ]
  public static let modelTypes = ["albert"]

  public static let fields = KnownFields.encoderTraining.union(
    KnownFields(
      harmless: [
        "classifier_dropout_prob", "down_scale_factor", "gap_size", "layers_to_keep",
        "net_structure_type", "num_memory_blocks",
      ]))

  /// True also of the second head, which tells whether two texts are in their order.
  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.mayLeaveOfEncoder(tensor) || tensor.hasPrefix("sop_classifier.")
  }

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.encoderDesign("albert", activation: .geluTanh)
    design.embedding.types = try settings.valueIfPresent("type_vocab_size") ?? 2
    design.embedding.width = try settings.valueIfPresent("embedding_size") ?? 128
    design.embedding.projectsLast = true
    try settings.require("inner_group_num", 1)
    let groups: Int = try settings.valueIfPresent("num_hidden_groups") ?? 1
    guard (1...max(1, design.layers)).contains(groups), design.layers % groups == 0 else {
      throw settings.invalid(
        "num_hidden_groups", expected: "a divisor of \(design.layers), the number of layers",
        found: "\(groups)")
    }
    design.block.uses = design.layers / groups
    try settings.addEncoderHead(
      to: &design, transform: HeadTransform(design.mlp.activation, norm: design.norm),
      labels: HeadTransform(.tanh))
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    let block = "albert_layers.0."
    var names = TransformerNames.encoder(
      "albert.",
      [
        .embeddingProjection: "encoder.embedding_hidden_mapping_in",
        .projection(.query): block + "attention.query",
        .projection(.key): block + "attention.key",
        .projection(.value): block + "attention.value",
        .projection(.output): block + "attention.dense",
        .afterAttentionNorm: block + "attention.LayerNorm", .projection(.up): block + "ffn",
        .projection(.down): block + "ffn_output",
        .afterMLPNorm: block + "full_layer_layer_norm",
      ])
    names.layers = "encoder.albert_layer_groups."
    names.transform = ("predictions.dense", "predictions.LayerNorm")
    names.head = "predictions.decoder"
    names.headBiases = ["predictions.decoder.bias", "predictions.bias"]
    names.labelTransform = "albert.pooler"
    return names
  }
}

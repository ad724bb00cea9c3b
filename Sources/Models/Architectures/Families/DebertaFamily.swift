import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// DeBERTa's second and third version (arXiv 2006.03654, 2111.09543): a BERT whose scores are also
/// made of contents and relative positions.
public enum DebertaFamily: TransformerFamily {
  public static let names = [
    "DebertaV2ForMaskedLM", "DebertaV2ForSequenceClassification", "DebertaV2Model",
  ]
  public static let modelTypes = ["deberta-v2"]

  public static let fields = KnownFields.encoderTraining.union(
    KnownFields(harmless: ["cls_dropout", "conv_act", "conv_groups", "pooler_dropout"]))

  /// True also of the heads of the third version's training, in which the bare encoder is
  /// published.
  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.mayLeaveOfEncoder(tensor)
      || ["lm_predictions.", "mask_predictions."].contains(where: tensor.hasPrefix)
  }

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.encoderDesign("deberta-v2", epsilon: 1e-7)
    // A convolution of the larger second version stands beside its first block.
    try settings.require("conv_kernel_size", 0)
    try settings.require("legacy", true)
    for field in ["embedding_size", "pooler_hidden_size"] {
      try settings.require(field, design.width)
    }
    try settings.require("attention_head_size", design.headWidth)
    let types: Int = try settings.valueIfPresent("type_vocab_size") ?? 0
    design.embedding.types = types == 0 ? nil : types
    if try settings.valueIfPresent("position_biased_input") == false {
      design.embedding.positions = nil
    }
    try addRelativePositions(to: &design, settings)
    try settings.addEncoderHead(
      to: &design, transform: HeadTransform(design.mlp.activation, norm: design.norm),
      labels: HeadTransform(try settings.activation("pooler_hidden_act", otherwise: .gelu)))
    return design
  }

  private static func addRelativePositions(
    to design: inout TransformerDesign, _ settings: ModelSettings
  ) throws {
    guard try settings.valueIfPresent("relative_attention") == true else {
      throw settings.invalid("relative_attention", expected: "true", found: "false or nothing")
    }
    let kinds = try kinds(settings)
    let buckets: Int = try settings.valueIfPresent("position_buckets") ?? -1
    let stated: Int = try settings.valueIfPresent("max_relative_positions") ?? -1
    let farthest = stated < 1 ? design.maximumLength : stated
    let norms: String = try settings.valueIfPresent("norm_rel_ebd") ?? "none"
    guard ["none", "layer_norm"].contains(norms) else {
      throw settings.invalid("norm_rel_ebd", expected: "none or layer_norm", found: norms)
    }
    design.attention.relative = RelativeDesign(
      span: buckets > 0 ? buckets : farthest, buckets: buckets > 0 ? buckets : nil,
      farthest: farthest, hasKeys: kinds.contains("c2p"), hasQueries: kinds.contains("p2c"),
      isShared: try settings.valueIfPresent("share_att_key") ?? false,
      hasNorm: norms == "layer_norm")
    design.attention.scale = 1 / Float(max(1, design.headWidth) * (1 + kinds.count)).squareRoot()
  }

  /// The products with positions that are added: a list, or names with | between them.
  private static func kinds(_ settings: ModelSettings) throws -> Set<String> {
    settings.note("pos_att_type")
    var names: [String] = []
    switch settings.configuration?.fields["pos_att_type"] {
    case .string(let text)?: names = text.lowercased().split(separator: "|").map(trimmed)
    case .array?: names = try settings.valueIfPresent("pos_att_type") ?? []
    default: break
    }
    guard names.allSatisfy({ ["c2p", "p2c"].contains($0) }) else {
      throw settings.invalid(
        "pos_att_type", expected: "c2p, p2c or both", found: names.joined(separator: ", "))
    }
    return Set(names)
  }

  private static func trimmed(_ name: Substring) -> String {
    String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames.encoder(
      "deberta.",
      [
        .relativePositions: "encoder.rel_embeddings", .relativeNorm: "encoder.LayerNorm",
        .positionKey: "attention.self.pos_key_proj",
        .positionQuery: "attention.self.pos_query_proj",
        .projection(.query): "attention.self.query_proj",
        .projection(.key): "attention.self.key_proj",
        .projection(.value): "attention.self.value_proj",
      ])
    names.transform = ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm")
    names.head = "cls.predictions.decoder"
    names.headBiases = ["cls.predictions.decoder.bias", "cls.predictions.bias"]
    names.labelTransform = "pooler.dense"
    return names
  }
}

import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// MPNet (arXiv 2004.09297): a BERT without token types whose scores depend on distances, too.
public enum MPNetFamily: TransformerFamily {
  public static let names = [
    "MPNetForMaskedLM", "MPNetForSequenceClassification", "MPNetModel",
  ]
  public static let modelTypes = ["mpnet"]

  public static let fields = KnownFields.encoderTraining

  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.mayLeaveOfEncoder(tensor)
  }

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.encoderDesign("mpnet")
    // The reference counts positions from after a padding id of 1, whatever the file says.
    design.embedding.firstPosition = 2
    design.maximumLength &-= 2
    // It has 32 buckets, whatever the file says, whose table can't have another number.
    try settings.require("relative_attention_num_buckets", 32)
    design.attention.distances = DistanceDesign(buckets: 32)
    try settings.addEncoderHead(
      to: &design, transform: HeadTransform(.gelu, norm: design.norm),
      labels: HeadTransform(.tanh))
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames.encoder(
      "mpnet.",
      [
        .positionBias: "encoder.relative_attention_bias",
        .projection(.query): "attention.attn.q", .projection(.key): "attention.attn.k",
        .projection(.value): "attention.attn.v", .projection(.output): "attention.attn.o",
        .afterAttentionNorm: "attention.LayerNorm",
      ])
    names.transform = ("lm_head.dense", "lm_head.layer_norm")
    names.head = "lm_head.decoder"
    names.headBiases = ["lm_head.decoder.bias", "lm_head.bias"]
    names.labels = "classifier.out_proj"
    return names
  }
}

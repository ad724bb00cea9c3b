import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// ELECTRA (arXiv 2003.10555): a BERT whose table may be narrower than its stream. The generator
/// gives tokens, the discriminator how likely each token was put there by it.
public enum ElectraFamily: TransformerFamily {
  public static let names = [
    "ElectraForMaskedLM", "ElectraForPreTraining", "ElectraForSequenceClassification",
    "ElectraModel",
  ]
  public static let modelTypes = ["electra"]

  public static let fields = KnownFields.encoderTraining.union(
    KnownFields(
      harmless: [
        "summary_activation", "summary_last_dropout", "summary_type", "summary_use_proj",
      ]))

  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.mayLeaveOfEncoder(tensor)
  }

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.encoderDesign("electra")
    design.embedding.types = try settings.valueIfPresent("type_vocab_size") ?? 2
    let width: Int = try settings.valueIfPresent("embedding_size") ?? 128
    design.embedding.width = width == design.width ? nil : width
    design.embedding.projectsLast = true
    // The heads have the exact GELU, whatever the blocks have, but for the discriminator's.
    try settings.addEncoderHead(
      to: &design, transform: HeadTransform(.gelu, norm: design.norm),
      labels: HeadTransform(.gelu))
    guard try settings.isOfClass("ForPreTraining") else { return design }
    design.head.labels = LabelDesign(names: ["replaced"], kind: .independent)
    design.head.transform = HeadTransform(design.mlp.activation)
    (design.head.isTied, design.head.place) = (false, .first)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames.encoder(
      "electra.", [.embeddingProjection: "embeddings_project"])
    names.transform = ("generator_predictions.dense", "generator_predictions.LayerNorm")
    names.head = "generator_lm_head"
    names.labels = "classifier.out_proj"
    guard try settings.isOfClass("ForPreTraining") else { return names }
    names.labels = "discriminator_predictions.dense_prediction"
    names.labelTransform = "discriminator_predictions.dense"
    return names
  }
}

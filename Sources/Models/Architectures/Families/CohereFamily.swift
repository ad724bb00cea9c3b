import InterchangeCheckpoints
import InterchangeTensors

/// Command-R (Cohere): parallel halves behind one layer norm without a bias, adjacent rotary pairs,
/// scaled logits.
public enum CohereFamily: TransformerFamily {
  public static let names = ["CohereForCausalLM"]
  public static let modelTypes = ["cohere"]
  public static let ggufNames = ["command-r"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "use_parallel_block", "use_embedding_sharing",
      "position_embedding_type",
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.cohereDesign("cohere")
    let hasHeadNorms: Bool =
      try settings.valueIfPresent("use_qk_norm")
      ?? settings.gguf?.contains("blk.0.attn_q_norm.weight") ?? false
    if hasHeadNorms { design.attention.headNorm = .each }
    try settings.addRotary(to: &design) { rotary in
      (rotary.pairing, rotary.base) = (.adjacent, 500_000)
    }
    return design
  }
}

extension ModelSettings {
  /// What both generations of Cohere's models have in common.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the setting.
  func cohereDesign(_ name: String) throws -> TransformerDesign {
    var design = try standardDesign(
      name, maximumLength: 8192, epsilon: 1e-5, epsilonField: "layer_norm_eps", norm: .layer,
      ties: true)
    design.norm.hasBias = false
    design.block.order = .parallelSharedNorm
    try addBiases(to: &design)
    design.head.scale = try valueIfPresent("logit_scale", gguf: "logit_scale") ?? 0.0625
    return design
  }
}

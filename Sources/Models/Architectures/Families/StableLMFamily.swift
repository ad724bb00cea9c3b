import InterchangeCheckpoints
import InterchangeTensors

/// StableLM 2 (arXiv 2402.17834) and StableLM 3B: LLaMA with layer norms, a quarter of a head
/// turned, and in the larger form parallel halves and a norm for each head.
public enum StableLMFamily: TransformerFamily {
  public static let names = ["StableLmForCausalLM", "StableLmForSequenceClassification"]
  public static let modelTypes = ["stablelm"]
  public static let ggufNames = ["stablelm"]

  public static let fields = KnownFields(harmless: ["attention_dropout", "hidden_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "stablelm", keyHeads: settings.gguf == nil ? 32 : nil, maximumLength: 4096, epsilon: 1e-5,
      epsilonField: "layer_norm_eps", norm: .layer)
    design.attention.hasBias = try settings.valueIfPresent("use_qkv_bias") ?? false
    let hasHeadNorms: Bool =
      try settings.valueIfPresent("qk_layernorm")
      ?? settings.gguf?.contains("blk.0.attn_q_norm.weight") ?? false
    if hasHeadNorms {
      design.attention.headNorm = .each
      design.attention.headNormDesign = design.norm
      design.attention.headNormDesign?.hasBias = false
    }
    let isParallel: Bool =
      try settings.valueIfPresent("use_parallel_residual", gguf: "use_parallel_residual") ?? false
    let hasMLPNorm = settings.gguf?.contains("blk.0.ffn_norm.weight") ?? !isParallel
    design.block.order = hasMLPNorm ? .sequential : .parallelSharedNorm
    try settings.addRotary(to: &design) { rotary in
      (rotary.share, rotary.readsShare) = (0.25, true)
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .queryNorm: "self_attn.q_layernorm.norms", .keyNorm: "self_attn.k_layernorm.norms",
    ])
    names.headNormsAreSeparate = true
    return names
  }
}

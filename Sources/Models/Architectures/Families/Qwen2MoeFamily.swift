import InterchangeCheckpoints

/// Qwen1.5-MoE and Qwen2-MoE: Qwen2 with a mixture of experts and one that sees every row.
public enum Qwen2MoeFamily: TransformerFamily {
  public static let names = ["Qwen2MoeForCausalLM", "Qwen2MoeForSequenceClassification"]
  public static let modelTypes = ["qwen2_moe"]
  public static let ggufNames = ["qwen2moe"]

  public static let fields = KnownFields(
    harmless: ["attention_dropout", "output_router_logits", "router_aux_loss_coef"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "qwen2_moe", keyHeads: settings.gguf == nil ? 16 : nil, maximumLength: 32_768)
    design.attention.hasBias = try settings.valueIfPresent("qkv_bias") ?? true
    try settings.addRotary(to: &design)
    try settings.addQwenWindows(to: &design) { first in { $0 % 2 == 0 && $0 < first } }
    var experts = ExpertsDesign(
      count: try settings.valueIfPresent("num_experts", gguf: "expert_count") ?? 60,
      chosen: try settings.valueIfPresent("num_experts_per_tok", gguf: "expert_used_count") ?? 4,
      hiddenWidth: try settings.valueIfPresent(
        "moe_intermediate_size", gguf: "expert_feed_forward_length") ?? 1408,
      isNormalized: try settings.valueIfPresent("norm_topk_prob") ?? false)
    experts.sharedWidth =
      try settings.valueIfPresent(
        "shared_expert_intermediate_size", gguf: "expert_shared_feed_forward_length") ?? 5632
    let step: Int = try settings.valueIfPresent("decoder_sparse_step") ?? 1
    let dense: [Int] = try settings.valueIfPresent("mlp_only_layers") ?? []
    experts.denseLayers = Set(dense).union(
      (0..<design.boundedLayers).filter { step <= 0 || ($0 + 1) % step != 0 })
    design.mlp.experts = experts
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var roles: [WeightRole: String] = [.sharedGate: "mlp.shared_expert_gate"]
    for (projection, name) in [
      (Projection.gate, "gate_proj"), (.up, "up_proj"), (.down, "down_proj"),
    ] {
      roles[.expert(projection)] = "mlp.experts.{}." + name
      roles[.sharedExpert(projection)] = "mlp.shared_expert." + name
    }
    return TransformerNames(roles)
  }
}

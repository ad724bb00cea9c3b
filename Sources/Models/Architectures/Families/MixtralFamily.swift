import InterchangeCheckpoints

/// Mixtral (arXiv 2401.04088): Mistral with a mixture of experts in every block.
public enum MixtralFamily: TransformerFamily {
  public static let names = ["MixtralForCausalLM", "MixtralForSequenceClassification"]
  public static let modelTypes = ["mixtral"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "output_router_logits", "router_aux_loss_coef", "router_jitter_noise",
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "mixtral", keyHeads: 8, maximumLength: 131_072, epsilon: 1e-5)
    try settings.addRotary(to: &design) { $0.base = 1_000_000 }
    let window = try settings.window(otherwise: nil)
    design.useWindow(window)
    design.mlp.experts = ExpertsDesign(
      count: try settings.valueIfPresent("num_local_experts") ?? 8,
      chosen: try settings.valueIfPresent("num_experts_per_tok") ?? 2,
      hiddenWidth: design.hiddenWidth, isNormalized: true)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    TransformerNames(roles)
  }

  private static let expert = "block_sparse_moe.experts.{}."

  /// The names of the experts' weights.
  static let roles: [WeightRole: String] = [
    .router: "block_sparse_moe.gate", .expert(.gate): expert + "w1", .expert(.up): expert + "w3",
    .expert(.down): expert + "w2",
  ]
}

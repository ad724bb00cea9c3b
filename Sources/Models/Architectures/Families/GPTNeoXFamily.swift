import InterchangeCheckpoints
import InterchangeTensors

/// GPT-NeoX (arXiv 2204.06745) and Pythia (arXiv 2304.01373): attention and MLP in parallel, rotary
/// positions in the first part of a head.
public enum GPTNeoXFamily: TransformerFamily {
  public static let names = ["GPTNeoXForCausalLM", "GPTNeoXForSequenceClassification"]
  public static let modelTypes = ["gpt_neox"]
  public static let ggufNames = ["gptneox"]

  public static let fields = KnownFields(
    harmless: ["attention_dropout", "classifier_dropout", "hidden_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "gpt_neox", epsilon: 1e-5, epsilonField: "layer_norm_eps", norm: .layer, activation: .gelu)
    design.mlp.isGated = false
    design.useBiases()
    let bias: Bool = try settings.valueIfPresent("attention_bias") ?? true
    (design.attention.hasBias, design.attention.hasOutputBias) = (bias, bias)
    let isParallel: Bool =
      try settings.valueIfPresent("use_parallel_residual", gguf: "use_parallel_residual") ?? true
    design.block.order = isParallel ? .parallel : .sequential
    let share: Double? = try settings.valueIfPresent("rotary_pct")
    let base: Double? = try settings.valueIfPresent("rotary_emb_base")
    try settings.addRotary(to: &design) { rotary in
      (rotary.share, rotary.readsShare) = (share ?? 0.25, true)
      rotary.base = base ?? 10_000
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .embeddings: "embed_in", .projection(.output): "attention.dense",
      .projection(.up): "mlp.dense_h_to_4h", .projection(.down): "mlp.dense_4h_to_h",
      .finalNorm: "final_layer_norm",
    ])
    names.prefixes = ["gpt_neox.", ""]
    names.head = "embed_out"
    names.fused = [.attention("attention.query_key_value", .byKeyHead)]
    return names
  }

  /// True of the masks and frequencies that older files keep.
  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.isMask(tensor, of: "attention")
      || tensor.hasSuffix("attention.rotary_emb.inv_freq")
  }
}

import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// LLaMA (arXiv 2302.13971): grouped-query attention with rotary positions, RMS norms, a SwiGLU
/// MLP, and no biases unless the file has them.
public enum LlamaFamily: TransformerFamily {
  public static let names = ["LlamaForCausalLM", "LlamaForSequenceClassification"]
  public static let modelTypes = ["llama"]
  public static let ggufNames = ["llama"]

  public static let fields = KnownFields(
    harmless: ["attention_dropout", "pretraining_tp"],
    harmlessAt: ["is_causal": [.bool(true)], "partial_rotary_factor": [.integer(1)]])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign("llama")
    try settings.addBiases(to: &design)
    try settings.addRotary(to: &design)
    // GGUF files have Mixtral under LLaMA's name.
    if let count: Int = try settings.valueIfPresent(gguf: "expert_count"), count != 0 {
      design.mlp.experts = ExpertsDesign(
        count: count, chosen: try settings.value(gguf: "expert_used_count"),
        hiddenWidth: design.hiddenWidth, isNormalized: true)
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames(MixtralFamily.roles)
    names.interleavesInGGUF = true
    return names
  }
}

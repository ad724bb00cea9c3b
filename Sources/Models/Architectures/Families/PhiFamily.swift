import InterchangeCheckpoints
import InterchangeTensors

/// Phi-1, 1.5 and 2 (arXiv 2309.05463): attention and MLP in parallel behind one norm, biases
/// everywhere.
public enum PhiFamily: TransformerFamily {
  public static let names = ["PhiForCausalLM", "PhiForSequenceClassification"]
  public static let modelTypes = ["phi"]
  public static let ggufNames = ["phi2"]

  public static let fields = KnownFields(
    harmless: ["attention_dropout", "embd_pdrop", "resid_pdrop"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "phi", epsilon: 1e-5, epsilonField: "layer_norm_eps", norm: .layer, activation: .geluTanh)
    design.block.order = .parallelSharedNorm
    design.mlp.isGated = false
    design.useBiases()
    design.head.hasBias = design.head.labels == nil
    if try settings.valueIfPresent("qk_layernorm") ?? false { design.attention.headNorm = .shared }
    try settings.addRotary(to: &design) { rotary in
      (rotary.share, rotary.readsShare) = (0.5, true)
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    TransformerNames([
      .queryNorm: "self_attn.q_layernorm", .keyNorm: "self_attn.k_layernorm",
      .projection(.output): "self_attn.dense", .projection(.up): "mlp.fc1",
      .projection(.down): "mlp.fc2", .finalNorm: "final_layernorm",
    ])
  }
}

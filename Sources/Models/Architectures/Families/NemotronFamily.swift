import InterchangeCheckpoints
import InterchangeTensors

/// Nemotron-4 and Minitron (arXiv 2402.16819): layer norms by 1 + weight, squared ReLU, half of a
/// head turned.
public enum NemotronFamily: TransformerFamily {
  public static let names = ["NemotronForCausalLM", "NemotronForSequenceClassification"]
  public static let modelTypes = ["nemotron"]
  public static let ggufNames = ["nemotron"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "nemotron", maximumLength: 4096, epsilon: 1e-5, epsilonField: "norm_eps", norm: .layer,
      activation: .reluSquare)
    design.norm.offset = 1
    design.mlp.isGated = false
    try settings.addBiases(to: &design)
    try settings.addRotary(to: &design) { rotary in
      (rotary.share, rotary.readsShare) = (0.5, true)
    }
    return design
  }
}

import InterchangeCheckpoints
import InterchangeTensors

/// Helium 1 (Kyutai): LLaMA with adjacent rotary pairs.
public enum HeliumFamily: TransformerFamily {
  public static let names = ["HeliumForCausalLM", "HeliumForSequenceClassification"]
  public static let modelTypes = ["helium"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "helium", headWidth: 128, keyHeads: 20, maximumLength: 4096, epsilon: 1e-8)
    try settings.addBiases(to: &design)
    // The output projection never has a bias.
    design.attention.hasOutputBias = false
    try settings.addRotary(to: &design) { rotary in
      (rotary.pairing, rotary.base) = (.adjacent, 100_000)
    }
    return design
  }
}

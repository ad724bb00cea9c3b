import InterchangeCheckpoints
import InterchangeTensors

/// SmolLM3: LLaMA in which every fourth layer has no positions.
public enum SmolLM3Family: TransformerFamily {
  public static let names = ["SmolLM3ForCausalLM", "SmolLM3ForSequenceClassification"]
  public static let modelTypes = ["smollm3"]
  public static let ggufNames = ["smollm3"]

  public static let fields = KnownFields(
    harmless: ["attention_dropout", "max_window_layers", "pretraining_tp"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "smollm3", keyHeads: settings.gguf == nil ? 4 : nil, maximumLength: 32_768, ties: true)
    try settings.addBiases(to: &design)
    try settings.addRotary(to: &design) { $0.base = 2_000_000 }
    let interval: Int = try settings.valueIfPresent("no_rope_layer_interval") ?? 4
    let stated: [Int]? = try settings.valueIfPresent("no_rope_layers")
    if let stated, stated.count != design.layers {
      throw settings.invalid(
        "no_rope_layers", expected: "\(design.layers) numbers", found: "\(stated.count)")
    }
    let isUsed: Bool = try settings.valueIfPresent("use_sliding_window") ?? false
    let window = try settings.window(otherwise: nil)
    func hasRope(_ layer: Int) -> Bool {
      stated.map { $0[layer] != 0 } ?? (interval <= 0 || (layer + 1) % interval != 0)
    }
    let sliding = try settings.slidingLayers(design.layers) {
      isUsed && window != nil && !hasRope($0)
    }
    for layer in design.layerAttention.indices {
      if !hasRope(layer) { design.layerAttention[layer].rotary = nil }
      if isUsed && sliding[layer] { design.layerAttention[layer].window = window }
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    .interleavedInGGUF
  }
}

import InterchangeCheckpoints

/// Mistral (arXiv 2310.06825): LLaMA whose layers may see a window alone.
public enum MistralFamily: TransformerFamily {
  public static let names = ["MistralForCausalLM", "MistralForSequenceClassification"]
  public static let modelTypes = ["mistral"]
  public static let ggufNames = ["mistral3"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "mistral", keyHeads: settings.gguf == nil ? 8 : nil, maximumLength: 131_072)
    try settings.addRotary(to: &design)
    let window = try settings.window(otherwise: 4096)
    design.useWindow(window)
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    .interleavedInGGUF
  }
}

extension TransformerDesign {
  /// Narrows what some layers see to a window; nil leaves them as they are.
  ///
  /// - Parameter isNarrowed: whether a layer is one of them; all unless it says so
  mutating func useWindow(_ window: Int?, where isNarrowed: (Int) -> Bool = { _ in true }) {
    guard let window else { return }
    for layer in layerAttention.indices where isNarrowed(layer) {
      layerAttention[layer].window = window
    }
  }
}

extension ModelSettings {
  /// The window in `sliding_window`: nil where the field is null, another where it is missing.
  ///
  /// - Throws: `CheckpointError` for a value of another type.
  func window(otherwise: Int?) throws -> Int? {
    let stated: Int? = try valueIfPresent("sliding_window", gguf: "attention.sliding_window")
    if let stated { return stated == 0 && gguf != nil ? nil : stated }
    return configuration?.fields["sliding_window"] == nil && gguf == nil ? otherwise : nil
  }
}

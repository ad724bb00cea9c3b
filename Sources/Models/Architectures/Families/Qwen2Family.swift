import InterchangeCheckpoints

/// Qwen2 and Qwen2.5 (arXiv 2407.10671): LLaMA with biases on queries, keys and values.
public enum Qwen2Family: TransformerFamily {
  public static let names = ["Qwen2ForCausalLM", "Qwen2ForSequenceClassification"]
  public static let modelTypes = ["qwen2"]
  public static let ggufNames = ["qwen2"]

  public static let fields = KnownFields(harmless: ["attention_dropout"])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    var design = try settings.standardDesign(
      "qwen2", keyHeads: settings.gguf == nil ? 32 : nil, maximumLength: 32_768)
    design.attention.hasBias = true
    try settings.addRotary(to: &design)
    try settings.addQwenWindows(to: &design)
    return design
  }
}

extension ModelSettings {
  /// The windows of Qwen's files: none unless `use_sliding_window` says so, and then by
  /// `layer_types` or from the layer `max_window_layers` on.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the field.
  ///
  /// - Parameter rule: which layers have one, from `max_window_layers`, where no list says it
  func addQwenWindows(
    to design: inout TransformerDesign,
    _ rule: (Int) -> (Int) -> Bool = { first in { $0 >= first } }
  ) throws {
    let isUsed: Bool = try valueIfPresent("use_sliding_window") ?? false
    let stated = try window(otherwise: 4096)
    let first: Int = try valueIfPresent("max_window_layers") ?? 28
    let sliding = try slidingLayers(design.layers) { isUsed && rule(first)($0) }
    guard let window = isUsed ? stated : nil else {
      guard !sliding.contains(true) else {
        throw invalid(
          "layer_types", expected: "full_attention alone without use_sliding_window",
          found: "sliding_attention")
      }
      return
    }
    for layer in design.layerAttention.indices where sliding[layer] {
      design.layerAttention[layer].window = window
    }
  }
}

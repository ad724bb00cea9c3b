import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// GPT-Neo, and the TinyStories models (arXiv 2305.07759): scores without a scale, a window in
/// every other layer.
public enum GPTNeoFamily: TransformerFamily {
  public static let names = ["GPTNeoForCausalLM", "GPTNeoForSequenceClassification"]
  public static let modelTypes = ["gpt_neo"]

  public static let fields = KnownFields(
    harmless: [
      "attention_dropout", "classifier_dropout", "embed_dropout", "resid_dropout",
      "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
      "summary_use_proj", "attn_pdrop", "embd_pdrop", "resid_pdrop",
    ])

  public static func design(_ settings: ModelSettings) throws -> TransformerDesign {
    let width: Int = try settings.value("hidden_size")
    let positions: Int = try settings.valueIfPresent("max_position_embeddings") ?? 2048
    let inner: Int? = try settings.valueIfPresent("intermediate_size")
    var design = TransformerDesign(
      name: "gpt_neo", vocabulary: try settings.vocabulary(), width: width,
      layers: try settings.value("num_layers"),
      heads: try settings.value("num_heads"), hiddenWidth: inner ?? 4 &* width,
      maximumLength: positions)
    design.embedding.positions = positions
    design.useLayerNorms(epsilon: try settings.valueIfPresent("layer_norm_epsilon") ?? 1e-5)
    design.attention.hasOutputBias = true
    design.attention.scale = 1
    design.mlp.isGated = false
    design.mlp.hasBias = true
    design.mlp.activation = try settings.activation("activation_function", otherwise: .geluTanh)
    design.head = try settings.headDesign(ties: true)
    let window: Int = try settings.valueIfPresent("window_size") ?? 256
    design.layerAttention = try settings.localLayers(design.boundedLayers).map {
      LayerAttention(window: $0 ? window : nil)
    }
    return design
  }

  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    var names = TransformerNames([
      .embeddings: "wte", .positions: "wpe", .attentionNorm: "ln_1", .mlpNorm: "ln_2",
      .projection(.query): "attn.attention.q_proj", .projection(.key): "attn.attention.k_proj",
      .projection(.value): "attn.attention.v_proj",
      .projection(.output): "attn.attention.out_proj", .projection(.up): "mlp.c_fc",
      .projection(.down): "mlp.c_proj", .finalNorm: "ln_f",
    ])
    names.prefixes = ["transformer.", ""]
    names.layers = "h."
    return names
  }

  /// True of the masks that older files keep.
  public static func mayLeave(_ tensor: String) -> Bool {
    TransformerNames.isMask(tensor, of: "attention")
  }
}

extension ModelSettings {
  /// For each layer, whether it sees a window alone: `attention_types` has lists of kinds, each
  /// with the number of its repetitions; the same stands spelled out in `attention_layers`.
  fileprivate func localLayers(_ count: Int) throws -> [Bool] {
    note("attention_layers")
    note("attention_types")
    let stated = configuration?.fields["attention_types"] ?? .null
    guard stated != .null else {
      return (0..<count).map { $0 % 2 == 1 }
    }
    let field = "attention_types"
    let expected = "lists of global and local with a number each, \(count) layers in all"
    func refused() -> ModelError {
      invalid(field, expected: expected, found: stated.summary)
    }
    guard case .array(let groups) = stated else { throw refused() }
    var layers: [Bool] = []
    for group in groups {
      guard case .array(let pair) = group, pair.count == 2, case .array(let kinds) = pair[0],
        let times = pair[1].integer, (0...count).contains(times)
      else { throw refused() }
      for _ in 0..<times {
        for kind in kinds {
          guard let name = kind.string, ["global", "local"].contains(name) else { throw refused() }
          layers.append(name == "local")
        }
      }
    }
    guard layers.count == count else { throw refused() }
    return layers
  }
}

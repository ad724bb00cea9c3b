import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// LLaMA in files: a `LlamaForCausalLM` in a folder, and GGUF files named `llama`.
public enum LlamaFamily: ModelFamily {
  public static let names = ["LlamaForCausalLM"]
  public static let ggufNames = ["llama"]

  public static let fields = KnownFields(
    applied: [
      "attention_bias", "head_dim", "hidden_act", "hidden_size", "intermediate_size",
      "max_position_embeddings", "mlp_bias", "num_attention_heads", "num_hidden_layers",
      "num_key_value_heads", "rms_norm_eps", "rope_parameters", "rope_scaling", "rope_theta",
      "tie_word_embeddings", "vocab_size",
    ],
    harmless: ["attention_dropout", "pretraining_tp"],
    harmlessAt: ["is_causal": [.bool(true)], "partial_rotary_factor": [.integer(1)]])

  public static let ggufKeys = KnownFields(
    applied: [
      "attention.head_count", "attention.head_count_kv", "attention.key_length",
      "attention.layer_norm_rms_epsilon", "attention.value_length", "block_count",
      "context_length", "embedding_length", "feed_forward_length", "rope.dimension_count",
      "rope.freq_base", "rope.scale_linear", "rope.scaling.factor", "rope.scaling.type",
    ],
    harmless: [
      "attention.layer_norm_epsilon", "rope.scaling.finetuned",
      "rope.scaling.original_context_length", "vocab_size",
    ],
    harmlessAt: [
      "attention.causal": [.bool(true)], "attention.sliding_window": [.integer(0)],
      "embedding_scale": [.integer(1)], "expert_count": [.integer(0)],
      "expert_used_count": [.integer(0)], "logit_scale": [.integer(0), .integer(1)],
      "attention.scale": [.integer(0)], "residual_scale": [.integer(0), .integer(1)],
      "rope.scaling.attn_factor": [.integer(1)],
      "tensor_data_layout": [.string("Meta AI original pth")],
      "use_parallel_residual": [.bool(true), .bool(false)],
    ])

  /// Tells whether the class is the one whose head is read, and the type, where there is one, is
  /// `llama`: others have used the class's name, too.
  public static func answers(to configuration: ModelConfiguration) throws -> Bool {
    let type: String? = try configuration.valueIfPresent("model_type")
    let classes: [String] = try configuration.valueIfPresent("architectures") ?? []
    guard type ?? "llama" == "llama" else { return false }
    return classes.isEmpty ? type != nil : classes.contains { names.contains($0) }
  }

  /// True of the rotary frequencies, which older files keep.
  public static func mayLeave(_ tensor: String) -> Bool {
    tensor.hasSuffix("rotary_emb.inv_freq")
  }

  public static func read(_ folder: ModelFolder) throws -> any Architecture { try Llama(folder) }

  public static func read(_ gguf: GGUFFile, weights: WeightForm) throws -> any Architecture {
    try Llama(gguf: gguf, weights: weights)
  }
}

extension Llama {
  /// Reads `config.json` and safetensors, or `pytorch_model.bin`, of a `LlamaForCausalLM`.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file, the field or tensor.
  public init(folder url: URL, weights: WeightForm = .stored) throws {
    self = try LlamaFamily.reading(ModelFolder(url, weights: weights)) { try Llama($0) }
  }

  fileprivate init(_ folder: ModelFolder) throws {
    let file = folder.configuration
    var configuration = try Configuration(file).validated(path: file.path)
    // The reference ties the two only when the file doesn't tell them apart.
    configuration.tiedEmbeddings = try folder.ties(
      LlamaNames.head[.folder] + ".weight", to: LlamaNames.embeddings[.folder] + ".weight",
      ifConfigured: configuration.tiedEmbeddings)
    try self.init(configuration, from: folder.checkpoint(), .folder, weights: folder.weights)
  }
}

extension Llama {
  /// Reads a `llama` GGUF file; the head is tied when the file has none.
  fileprivate init(gguf file: GGUFFile, weights: WeightForm) throws {
    func number(_ key: String) throws -> Int { try file.value("llama." + key) }
    let heads = try number("attention.head_count")
    let width = try number("embedding_length")
    let headWidth =
      try file.valueIfPresent("llama.attention.key_length") ?? (heads > 0 ? width / heads : 0)
    let epsilon: Double = try file.value("llama.attention.layer_norm_rms_epsilon")
    let configuration = try Configuration(
      vocabulary: file.tensor(named: LlamaNames.embeddings[.gguf] + ".weight").shape.first ?? 0,
      width: width, layers: number("block_count"), heads: heads,
      keyHeads: file.valueIfPresent("llama.attention.head_count_kv") ?? heads,
      headWidth: headWidth, hiddenWidth: number("feed_forward_length"),
      normEpsilon: Float(epsilon),
      rotaryBase: file.valueIfPresent("llama.rope.freq_base") ?? 10_000,
      rotaryFactors: Self.rotaryFactors(file, headWidth: headWidth),
      maximumLength: number("context_length"),
      tiedEmbeddings: !file.contains(LlamaNames.head[.gguf] + ".weight")
    ).validated(path: file.path)
    for key in ["rope.dimension_count", "attention.value_length"] {
      let found: Int? = try file.valueIfPresent("llama." + key)
      guard found ?? headWidth == headWidth else {
        throw ModelError.invalidConfiguration(
          path: file.path, field: "llama." + key, expected: "\(headWidth), the width of a head",
          found: "\(found ?? 0)")
      }
    }
    try self.init(configuration, from: file, .gguf, weights: weights)
  }

  /// The divisors of the rotary frequencies: a tensor of factors, one factor for all, or both
  /// multiplied. A factor without a type is linear.
  private static func rotaryFactors(_ file: GGUFFile, headWidth: Int) throws -> [Double]? {
    let kind: String = try file.valueIfPresent("llama.rope.scaling.type") ?? "linear"
    guard kind == "none" || kind == "linear" else {
      throw ModelError.invalidConfiguration(
        path: file.path, field: "llama.rope.scaling.type", expected: "none or linear", found: kind)
    }
    var scale = 1.0
    if kind == "linear" {
      // Files of older versions have another name for it; 0 says that there is none.
      let stated: Double? =
        try file.valueIfPresent("llama.rope.scaling.factor")
        ?? file.valueIfPresent("llama.rope.scale_linear")
      if let stated, stated != 0 { scale = stated }
    }
    let name = "rope_freqs.weight"
    if file.contains(name) {
      return try file.tensor(named: name).floats().elements.map { Double($0) * scale }
    }
    // A width that no model can have is refused by `validated`.
    guard scale != 1 else { return nil }
    return Array(repeating: scale, count: (2...1 << 24).contains(headWidth) ? headWidth / 2 : 0)
  }
}

extension Llama.Configuration {
  fileprivate init(_ file: ModelConfiguration) throws {
    width = try file.value("hidden_size")
    heads = try file.value("num_attention_heads")
    vocabulary = try file.value("vocab_size")
    layers = try file.value("num_hidden_layers")
    keyHeads = try file.valueIfPresent("num_key_value_heads") ?? heads
    headWidth = try file.valueIfPresent("head_dim") ?? (heads > 0 ? width / heads : 0)
    hiddenWidth = try file.value("intermediate_size")
    normEpsilon = try file.valueIfPresent("rms_norm_eps") ?? 1e-6
    maximumLength = try file.valueIfPresent("max_position_embeddings") ?? 2048
    tiedEmbeddings = try file.valueIfPresent("tie_word_embeddings") ?? false
    let activation: String = try file.valueIfPresent("hidden_act") ?? "silu"
    guard activation == "silu" else {
      throw ModelError.invalidConfiguration(
        path: file.path, field: "hidden_act", expected: "silu", found: activation)
    }
    attentionBias = try file.valueIfPresent("attention_bias") ?? false
    mlpBias = try file.valueIfPresent("mlp_bias") ?? false
    // Newer files keep θ and the scaling together in rope_parameters; the reference lets an older
    // field stand before it.
    let scaling = try file.sectionIfPresent("rope_scaling")
    let parameters =
      scaling?.fields.isEmpty == false ? scaling : try file.sectionIfPresent("rope_parameters")
    rotaryBase =
      try parameters?.valueIfPresent("rope_theta") ?? file.valueIfPresent("rope_theta") ?? 10_000
    rotaryFactors = try Self.rotaryFactors(
      parameters, base: rotaryBase, headWidth: headWidth, maximumLength: maximumLength)
  }

  /// The divisors of the rotary frequencies: LLaMA 3.1's `llama3` scaling, or `linear`.
  private static func rotaryFactors(
    _ scaling: ModelConfiguration?, base: Double, headWidth: Int, maximumLength: Int
  ) throws -> [Double]? {
    // Numbers that no model can have are refused by `validated`; they must not size an array here.
    guard let scaling, (2...1 << 24).contains(headWidth) else { return nil }
    let kind: String =
      try scaling.valueIfPresent("rope_type") ?? scaling.valueIfPresent("type") ?? "default"
    // The reference applies nothing but θ without a kind, whatever else stands there.
    var known = KnownFields(
      applied: ["rope_type", "type", "rope_theta"],
      harmlessAt: ["partial_rotary_factor": [.integer(1)]])
    switch kind {
    case "default":
      try known.check(scaling)
      return nil
    case "linear":
      known = known.union(KnownFields(applied: ["factor"]))
      try known.check(scaling)
      let factor: Double = try scaling.value("factor")
      return Array(repeating: factor, count: headWidth / 2)
    case "llama3":
      known = known.union(
        KnownFields(applied: [
          "factor", "high_freq_factor", "low_freq_factor", "original_max_position_embeddings",
        ]))
      try known.check(scaling)
      let factor: Double = try scaling.value("factor")
      let low: Double = try scaling.value("low_freq_factor")
      let high: Double = try scaling.value("high_freq_factor")
      let original: Double =
        try scaling.valueIfPresent("original_max_position_embeddings") ?? Double(maximumLength)
      return (0..<headWidth / 2).map { index in
        let frequency = pow(base, -2 * Double(index) / Double(headWidth))
        let turns = original * frequency / (2 * .pi)
        if turns < low { return factor }
        if turns > high { return 1 }
        // Between the two wavelengths the scaled and the plain frequency are mixed.
        let smooth = (turns - low) / (high - low)
        return 1 / ((1 - smooth) / factor + smooth)
      }
    default:
      throw ModelError.invalidConfiguration(
        path: scaling.path, field: "rope_scaling", expected: "default, linear or llama3",
        found: kind)
    }
  }

  /// Checks the numbers against one another.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(path:field:expected:found:)``.
  func validated(path: String) throws -> Llama.Configuration {
    let require = ConfigurationCheck(path: path)
    for (field, value) in [
      ("vocabulary size", vocabulary), ("hidden size", width), ("layers", layers),
      ("attention heads", heads), ("key/value heads", keyHeads), ("head width", headWidth),
      ("MLP width", hiddenWidth), ("context length", maximumLength),
    ] {
      try require.size(value, field)
    }
    try require(heads % keyHeads == 0, "key/value heads", "a divisor of \(heads)", keyHeads)
    try require(headWidth % 2 == 0, "head width", "an even number", headWidth)
    try require(normEpsilon > 0 && normEpsilon < 1, "norm epsilon", "0 to 1", normEpsilon)
    try require(rotaryBase > 1, "rope base", "above 1", rotaryBase)
    if let rotaryFactors {
      try require(
        rotaryFactors.count == headWidth / 2 && rotaryFactors.allSatisfy { $0.isFinite && $0 > 0 },
        "rope factors", "\(headWidth / 2) positive numbers",
        "\(rotaryFactors.count) numbers from \(rotaryFactors.min() ?? 0)")
    }
    return self
  }
}

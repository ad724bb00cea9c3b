import Foundation
import InterchangeCheckpoints
import InterchangeTensors

/// LLaMA in files: a `LlamaForCausalLM` in a folder, and GGUF files named `llama`.
public enum LlamaFamily: ModelFamily {
  public static let names = ["LlamaForCausalLM"]
  public static let ggufNames = ["llama"]

  public static let fields: Set<String> = [
    "attention_bias", "attention_dropout", "head_dim", "hidden_act", "hidden_size",
    "intermediate_size", "max_position_embeddings", "mlp_bias", "num_attention_heads",
    "num_hidden_layers", "num_key_value_heads", "pretraining_tp", "rms_norm_eps",
    "rope_parameters", "rope_scaling", "rope_theta", "tie_word_embeddings", "vocab_size",
  ]

  /// Tells whether the class is the one whose head is read; its model type is also that of others.
  public static func answers(to configuration: ModelConfiguration) throws -> Bool {
    let classes: [String] = try configuration.valueIfPresent("architectures") ?? []
    return classes.contains { names.contains($0) }
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
    try self.init(ModelFolder(url, weights: weights))
  }

  fileprivate init(_ folder: ModelFolder) throws {
    try LlamaFamily.requireAnswer(to: folder)
    let file = folder.configuration
    try self.init(
      Configuration(file).validated(path: file.path), from: folder.checkpoint(), .folder,
      weights: folder.weights)
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

  /// The divisors of the rotary frequencies: a tensor of factors, or one factor for all.
  private static func rotaryFactors(_ file: GGUFFile, headWidth: Int) throws -> [Double]? {
    let name = "rope_freqs.weight"
    if file.contains(name) {
      return try file.tensor(named: name).floats().elements.map(Double.init)
    }
    let kind: String = try file.valueIfPresent("llama.rope.scaling.type") ?? "none"
    switch kind {
    case "none": return nil
    case "linear":
      let factor: Double = try file.value("llama.rope.scaling.factor")
      // A width that no model can have is refused by `validated`.
      return Array(repeating: factor, count: (2...1 << 24).contains(headWidth) ? headWidth / 2 : 0)
    default:
      throw ModelError.invalidConfiguration(
        path: file.path, field: "llama.rope.scaling.type", expected: "none or linear", found: kind)
    }
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
    // Newer files keep θ and the scaling together in rope_parameters.
    let parameters = try file.sectionIfPresent("rope_parameters")
    rotaryBase =
      try parameters?.valueIfPresent("rope_theta") ?? file.valueIfPresent("rope_theta") ?? 10_000
    rotaryFactors = try Self.rotaryFactors(
      parameters ?? file.sectionIfPresent("rope_scaling"), base: rotaryBase, headWidth: headWidth)
  }

  /// The divisors of the rotary frequencies: LLaMA 3.1's `llama3` scaling, or `linear`.
  private static func rotaryFactors(
    _ scaling: ModelConfiguration?, base: Double, headWidth: Int
  ) throws -> [Double]? {
    // Numbers that no model can have are refused by `validated`; they must not size an array here.
    guard let scaling, (2...1 << 24).contains(headWidth) else { return nil }
    let kind: String =
      try scaling.valueIfPresent("rope_type") ?? scaling.valueIfPresent("type") ?? "default"
    switch kind {
    case "default": return nil
    case "linear":
      let factor: Double = try scaling.value("factor")
      return Array(repeating: factor, count: headWidth / 2)
    case "llama3":
      let factor: Double = try scaling.value("factor")
      let low: Double = try scaling.value("low_freq_factor")
      let high: Double = try scaling.value("high_freq_factor")
      let original: Double = try scaling.value("original_max_position_embeddings")
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

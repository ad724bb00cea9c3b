import Foundation
import InterchangeCheckpoints
import InterchangeTokenizers

extension LanguageModel {
  /// Reads a folder with `config.json`, safetensors (one file or shards) or a `pytorch_model.bin`, and
  /// the files of a tokenizer.
  convenience init(folder url: URL, weights: WeightForm) throws {
    let file = try ModelConfiguration(contentsOf: url)
    let isEncoder = try Bert.Family(file) != nil
    guard try isEncoder || Llama.isNamed(in: file) else {
      throw ModelError.unknownArchitecture(
        path: file.path, found: try file.architectureName(),
        known: [Llama.className] + Bert.Family.allCases.map(\.rawValue))
    }
    guard isEncoder else {
      let llama = try Llama(folder: url, weights: weights)
      try self.init(llama, tokenizer: Tokenizer(folder: url), url: url)
      return
    }
    var encoder = try Bert(folder: url, weights: weights)
    let tokenizer = try Tokenizer(folder: url)
    encoder.maskToken = tokenizer.mask
    try self.init(encoder, tokenizer: tokenizer, url: url)
  }
}

extension Llama {
  /// Reads `config.json` and safetensors, or `pytorch_model.bin`, of a `LlamaForCausalLM`.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file, the field or tensor.
  public init(folder url: URL, weights: WeightForm = .stored) throws {
    let file = try ModelConfiguration(contentsOf: url)
    guard try Self.isNamed(in: file) else {
      throw ModelError.unknownArchitecture(
        path: file.path, found: try file.architectureName(), known: [Self.className])
    }
    let configuration = try Configuration(file).validated(path: file.path)
    let checkpoint = try InterchangeCheckpoints.checkpoint(inFolder: url)
    try self.init(
      configuration, from: checkpoint, .folder, weights: weights)
  }
}

extension Llama {
  fileprivate static let className = "LlamaForCausalLM"

  fileprivate static func isNamed(in file: ModelConfiguration) throws -> Bool {
    let classes: [String] = try file.valueIfPresent("architectures") ?? []
    return classes.contains(className)
  }
}

extension Llama.Configuration {
  init(_ file: ModelConfiguration) throws {
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

  /// What each rotary frequency is divided by: LLaMA 3.1's `llama3` scaling, or `linear`.
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
}

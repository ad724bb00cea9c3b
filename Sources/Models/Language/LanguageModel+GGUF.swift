import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTokenizers

extension LanguageModel {
  /// Reads a GGUF file with its vocabulary.
  convenience init(gguf file: GGUFFile, url: URL, weights: WeightForm) throws {
    let architecture: String = try file.value("general.architecture")
    guard architecture == "llama" else {
      throw ModelError.unknownArchitecture(
        path: file.path, found: architecture, known: ["llama"])
    }
    try self.init(
      Llama(gguf: file, weights: weights), tokenizer: Tokenizer(vocabulary: file.vocabulary()),
      url: url)
  }
}

extension Llama {
  /// A `llama` GGUF file; the head is tied when the file has none.
  init(gguf file: GGUFFile, weights: WeightForm) throws {
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

  /// What each rotary frequency is divided by: a tensor of factors, or one factor for all.
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

extension GGUFFile {
  /// The vocabulary that the file carries.
  fileprivate func vocabulary() throws -> VocabularyDescription {
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    let types: [Int]? = try valueIfPresent(key("token_type"))
    return VocabularyDescription(
      model: try value(key("model")), preTokenizer: try valueIfPresent(key("pre")),
      tokens: try value(key("tokens")), scores: try valueIfPresent(key("scores")),
      tokenTypes: types?.map { Int32(clamping: $0) },
      merges: try valueIfPresent(key("merges")),
      beginningOfSequence: try valueIfPresent(key("bos_token_id")),
      endOfSequence: try valueIfPresent(key("eos_token_id")),
      unknown: try valueIfPresent(key("unknown_token_id")),
      addsBeginningOfSequence: try valueIfPresent(key("add_bos_token")),
      addsEndOfSequence: try valueIfPresent(key("add_eos_token")),
      addsSpacePrefix: try valueIfPresent(key("add_space_prefix")),
      chatTemplate: try valueIfPresent("tokenizer.chat_template"))
  }
}

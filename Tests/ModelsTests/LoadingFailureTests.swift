import Foundation
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Damaged models: one line that names the file, the field or tensor, what was expected and found.
@Suite struct LoadingFailureTests {
  private let temporary: TemporaryFolder
  private let folder: URL
  private let gguf: URL

  init() throws {
    temporary = try TemporaryFolder()
    folder = try temporary.copy("llama-gqa")
    gguf = try temporary.copy("llama-gqa.gguf")
  }

  /// The error for a model, with the temporary folder's path left out of it.
  private func fault(_ url: URL) -> String? {
    guard let found = line({ _ = try LanguageModel(contentsOf: url) }) else { return nil }
    let path = temporary.url.path
    #expect(found.hasPrefix(path), "\(found)")
    #expect(!found.contains("\n"), "\(found)")
    return String(found.dropFirst(path.count + 1))
  }

  private func bytes(_ url: URL) throws -> [UInt8] { Array(try Data(contentsOf: url)) }

  /// Replaces a text that occurs once in a file by text of the same length, or of any in JSON.
  private func replace(_ old: String, _ new: String, in url: URL) throws {
    var data = try Data(contentsOf: url)
    let range = try #require(data.range(of: Data(old.utf8)), "\(old)")
    data.replaceSubrange(range, with: Data(new.utf8))
    try data.write(to: url)
  }

  /// Writes the tensors of the folder again, changed.
  private func rewrite(_ change: (String, Tensor) -> Tensor?) throws {
    let file = try SafetensorsFile(contentsOf: folder.appending(component: "model.safetensors"))
    let tensors = try file.names.compactMap { name in
      change(name, try file.tensor(named: name).floats()).map { (name, $0) }
    }
    try Safetensors.write(tensors, to: folder.appending(component: "model.safetensors"))
  }

  @Test func undamagedCopiesLoad() {
    #expect(fault(folder) == nil)
    #expect(fault(gguf) == nil)
  }

  @Test func whatIsNotThere() throws {
    let missing = temporary.url.appending(component: "nothing.gguf")
    #expect(fault(missing) == "nothing.gguf: no such file or folder")
    for (name, text) in [
      (
        "tokenizer.json",
        "llama-gqa: expected tokenizer.json, vocab.txt, vocab.json and merges.txt, "
          + "tokenizer.model, tekken.json or a .tiktoken file, found none of them"
      ),
      (
        "model.safetensors",
        "folder: expected model.safetensors or model.safetensors.index.json, found neither"
      ), ("config.json", "llama-gqa/config.json: can't be read: No such file or directory"),
    ] {
      try FileManager.default.removeItem(at: folder.appending(component: name))
      #expect(fault(folder)?.hasSuffix(text) == true, "\(fault(folder) ?? "nothing")")
    }
  }

  /// A repository that was cloned without its large files.
  @Test(arguments: ["model.safetensors", "tokenizer.json", "config.json"])
  func aPointer(name: String) throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    try Data(pointer.utf8).write(to: folder.appending(component: name))
    let found = fault(folder)
    #expect(found?.contains("\(name): ") == true, "\(found ?? "nothing")")
    #expect(found?.hasSuffix("found a Git LFS pointer") == true, "\(found ?? "nothing")")
  }

  @Test func filesThatAreNotReadAreNamed() throws {
    func rename(_ old: String, _ new: String) throws {
      try FileManager.default.moveItem(
        at: folder.appending(component: old), to: folder.appending(component: new))
    }
    try rename("tokenizer.json", "tokenizer.model")
    // A file of another format under the name of SentencePiece's.
    #expect(fault(folder)?.contains("tokenizer.model: ") == true, "\(fault(folder) ?? "nothing")")
    try rename("model.safetensors", "pytorch_model.bin.index.json")
    #expect(
      fault(folder)?.contains("pytorch_model.bin.index.json: index: expected valid JSON") == true)
  }

  @Test(arguments: [
    "model.layers.1.self_attn.k_proj.weight", "model.norm.weight", "model.embed_tokens.weight",
    "model.layers.2.mlp.down_proj.weight",
  ])
  func missingTensor(name: String) throws {
    try rewrite { $0 == name ? nil : $1 }
    let found = fault(folder)
    #expect(found?.contains("llama-gqa") == true)
    #expect(found?.contains(": expected tensor \"\(name)\", found none") == true, "\(found ?? "-")")
  }

  @Test func missingHead() throws {
    try replace(
      "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false",
      in: folder.appending(component: "config.json"))
    #expect(fault(folder)?.contains("expected tensor \"lm_head.weight\", found none") == true)
  }

  @Test func wrongShape() throws {
    let name = "model.layers.1.self_attn.k_proj.weight"
    try rewrite { $0 == name ? .zeros([16, 8]) : $1 }
    #expect(
      fault(folder)?.hasSuffix("tensor '\(name)': expected shape [8, 16], found [16, 8]") == true)
    try rewrite { $0 == name ? .zeros([128]) : $1 }
    #expect(fault(folder)?.hasSuffix("expected shape [8, 16], found [128]") == true)
  }

  @Test func missingAndMisshapenTensorsOfGGUF() throws {
    try replace("blk.1.attn_k.weight", "blk.1.attn_x.weight", in: gguf)
    #expect(
      fault(gguf)?.hasPrefix(
        "llama-gqa.gguf: expected tensor \"blk.1.attn_k.weight\", found none; near: ") == true)
    try FileManager.default.removeItem(at: gguf)
    _ = try temporary.copy("llama-gqa.gguf")
    // Two names exchanged: each tensor is there, two of them with each other's shape.
    try replace("blk.0.ffn_gate.weight", "blk.0.ffn_gone.weight", in: gguf)
    try replace("blk.0.ffn_down.weight", "blk.0.ffn_gate.weight", in: gguf)
    try replace("blk.0.ffn_gone.weight", "blk.0.ffn_down.weight", in: gguf)
    #expect(
      fault(gguf)
        == "llama-gqa.gguf: tensor 'blk.0.ffn_gate.weight': expected shape [24, 16], found [16, 24]"
    )
  }

  @Test func unknownArchitecture() throws {
    let config = folder.appending(component: "config.json")
    try replace("LlamaForCausalLM", "ReformerModelWithLMHead", in: config)
    let found = fault(folder) ?? ""
    #expect(
      found.hasPrefix("llama-gqa/config.json: unknown architecture 'ReformerModelWithLMHead'; "))
    #expect(found.contains("its settings are those of LlamaForCausalLM"), "\(found)")
    try replace("ReformerModelWithLMHead", "Gemma9ForCausalLM", in: config)
    let near = fault(folder) ?? ""
    #expect(near.contains(" known: GemmaForCausalLM, Gemma2ForCausalLM"), "\(near)")
    #expect(near.contains("read as GemmaForCausalLM it would need: field"), "\(near)")
    // The first "llama" of the file is the architecture's name; the keys follow.
    try replace("llama", "mamba", in: gguf)
    #expect(
      fault(gguf)?.hasPrefix("llama-gqa.gguf: unknown architecture 'mamba'; ") == true)
  }

  @Test func tokenizerWithMoreTokensThanEmbeddings() throws {
    let config = folder.appending(component: "config.json")
    try replace("\"vocab_size\": 61", "\"vocab_size\": 60", in: config)
    try rewrite { $0 == "model.embed_tokens.weight" ? $1.rowSlice(0..<60) : $1 }
    #expect(
      fault(folder)
        == "llama-gqa: the tokenizer doesn't match the model: its vocabulary has 61 tokens, "
        + "the embedding table 60 rows")
  }

  /// Not one of these may crash, or ask for memory before it is refused.
  @Test(arguments: [
    ("\"hidden_size\": 16", "\"hidden_size\": 0", "hidden size: expected 1 to 16777216, found 0"),
    ("\"hidden_size\": 16", "\"hidden_size\": -16", "hidden size: expected 1 to"),
    ("\"hidden_size\": 16", "\"hidden_size\": 9223372036854775807", "hidden size: expected 1 to"),
    ("\"hidden_size\": 16", "\"hidden_size\": 1e400", "config.json"),
    ("\"hidden_size\": 16", "\"hidden_size\": \"16\"", "\"hidden_size\": expected an integer"),
    ("\"hidden_size\": 16", "\"hidden_size\": 15", "expected shape"),
    ("\"hidden_size\": 16,", "", "expected field \"hidden_size\", found none"),
    ("\"head_dim\": 4", "\"head_dim\": 3", "head width: expected an even number, found 3"),
    ("\"head_dim\": 4", "\"head_dim\": -4", "head width: expected 1 to 16777216, found -4"),
    ("\"head_dim\": 4", "\"head_dim\": 4611686018427387904", "head width: expected 1 to"),
    ("\"num_attention_heads\": 4", "\"num_attention_heads\": 0", "attention heads: expected 1 to"),
    ("\"num_attention_heads\": 4", "\"num_attention_heads\": 3", "key/value heads: expected a div"),
    ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 0", "key/value heads: expected 1 to"),
    ("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 0", "layers: expected 1 to"),
    ("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 16777216", "model.layers.3."),
    ("\"intermediate_size\": 24", "\"intermediate_size\": -1", "MLP width: expected 1 to"),
    ("\"vocab_size\": 61", "\"vocab_size\": 62", "'model.embed_tokens.weight': expected shape [62"),
    ("\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 0", "norm epsilon: expected 0 to 1, found 0"),
    ("\"rope_theta\": 100000.0", "\"rope_theta\": -1", "rope base: expected above 1, found -1"),
    (
      "\"hidden_act\": \"silu\"", "\"hidden_act\": \"mish\"",
      "hidden_act: expected one of gelu,"
    ),
    ("\"default\"", "\"axial\"", "rope_scaling: expected one of default, linear, dynamic,"),
    ("\"default\"", "\"linear\"", "expected field \"rope_parameters.factor\", found none"),
    ("\"default\"", "\"linear\", \"factor\": 0", "rope factors: expected 2 positive numbers"),
    ("\"silu\"", "\"silu\"]", "config.json: configuration: expected valid JSON"),
  ])
  func absurdConfiguration(old: String, new: String, message: String) throws {
    try replace(old, new, in: folder.appending(component: "config.json"))
    let found = fault(folder)
    #expect(found?.contains(message) == true, "\(found ?? "nothing")")
    #expect(found?.hasPrefix("llama-gqa") == true)
  }

  /// The scaling's tables are sized by the head width before anything is checked against tensors.
  @Test(arguments: [-4, 0, 1 << 40, Int.max])
  func absurdHeadWidthWithScaledRotaryFrequencies(width: Int) throws {
    let folder = try temporary.copy("llama-bias")
    try replace(
      "\"head_dim\": 16", "\"head_dim\": \(width)", in: folder.appending(component: "config.json"))
    let found = line { _ = try Transformer(folder: folder) }
    #expect(
      found?.hasSuffix("config.json: head width: expected 1 to 16777216, found \(width)") == true,
      "\(found ?? "nothing")")
  }

  /// A number of the GGUF file's metadata, of 4 bytes, replaced.
  private func setNumber(_ key: String, _ bits: UInt32) throws {
    var data = try Data(contentsOf: gguf)
    let range = try #require(data.range(of: Data("llama.\(key)".utf8)))
    // The key is followed by its value's type, 4 bytes, and the value.
    let value = range.upperBound + 4
    data.replaceSubrange(
      value..<value + 4, with: withUnsafeBytes(of: bits.littleEndian) { Data($0) })
    try data.write(to: gguf)
  }

  @Test(
    arguments: [
      ("block_count", 0, "layers: expected 1 to 16777216, found 0"),
      ("block_count", 4, "expected tensor \"blk.3.attn_norm.weight\", found none"),
      ("block_count", .max, "layers: expected 1 to 16777216, found 4294967295"),
      ("context_length", 0, "context length: expected 1 to"),
      ("embedding_length", 0, "hidden size: expected 1 to"),
      ("embedding_length", 18, "expected shape"),
      ("feed_forward_length", .max, "MLP width: expected 1 to"),
      ("feed_forward_length", 23, "expected shape"),
      ("attention.head_count_kv", 3, "key/value heads: expected a divisor of 4, found 3"),
      ("rope.freq_base", Float.nan.bitPattern, "rope base: expected above 1, found nan"),
      (
        "attention.layer_norm_rms_epsilon", Float.infinity.bitPattern,
        "norm epsilon: expected 0 to 1, found inf"
      ),
      (
        "rope.dimension_count", 2,
        "llama.rope.dimension_count: expected 4, the width of a head, found 2"
      ),
    ] as [(String, UInt32, String)])
  func absurdMetadata(key: String, bits: UInt32, message: String) throws {
    try setNumber(key, bits)
    let found = fault(gguf)
    #expect(found?.hasPrefix("llama-gqa.gguf: ") == true)
    #expect(found?.contains(message) == true, "\(found ?? "nothing")")
  }

  @Test func everyTruncationIsRefused() throws {
    let weights = folder.appending(component: "model.safetensors")
    for (file, model) in [(weights, folder), (gguf, gguf)] {
      let whole = try bytes(file)
      // 64 bytes from the end: more than the padding a GGUF file may end in.
      for count in [0, 1, 7, 8, 100, 1000, whole.count / 2, whole.count - 64] {
        try Data(whole[..<count]).write(to: file)
        let found = fault(model)
        #expect(found?.contains(file.lastPathComponent) == true, "\(count): \(found ?? "nothing")")
      }
    }
  }

  /// No flipped byte of a description may crash; what still loads must still run.
  @Test func flippedBytesOfAConfiguration() throws {
    let config = folder.appending(component: "config.json")
    let whole = try bytes(config)
    var refused = 0
    for offset in whole.indices {
      var damaged = whole
      damaged[offset] ^= 0x04
      try Data(damaged).write(to: config)
      if fault(folder) != nil { refused += 1 }
    }
    #expect(refused > whole.count / 4 && refused < whole.count)
  }
}

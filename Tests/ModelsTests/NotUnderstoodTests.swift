import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Everything in a model's files that would change what it computes and isn't known here is
/// refused, by its name.
@Suite struct NotUnderstoodTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func fault(_ url: URL) -> String? { line { _ = try ModelFixture.load(url) } }

  @Test(arguments: [
    ("is_causal", "false"), ("sliding_window", "16"), ("num_local_experts", "8"),
    ("embedding_multiplier", "12.0"), ("residual_multiplier", "0.22"), ("logits_scaling", "8"),
    ("no_rope_layers", "[1, 1, 0]"), ("use_qk_norm", "true"), ("partial_rotary_factor", "0.5"),
    ("is_decoder", "true"), ("rope_interleave", "true"),
  ])
  func aField(name: String, value: String) throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set([name: try JSONParser.parse(Array(value.utf8))], in: folder)
    let found = fault(folder)
    #expect(found?.contains("config.json: field \"\(name)\": expected") == true, "\(found ?? "-")")
  }

  @Test(arguments: [
    (#"{"quant_method": "aqlm"}"#, #"config.json: field "quantization_config.quant_method""#),
    (
      #"{"quant_method": "gptq", "bits": 4, "dynamic": {"a": 1}}"#,
      #"config.json: field "quantization_config.dynamic": expected"#
    ), (#"{"quant_method": "gptq", "bits": 4}"#, "expected weights quantized by gptq, found none"),
  ])
  func aQuantization(settings: String, message: String) throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set(
      ["quantization_config": try JSONParser.parse(Array(settings.utf8))], in: folder)
    #expect(fault(folder)?.contains(message) == true, "\(fault(folder) ?? "-")")
  }

  @Test func aFieldThatChangesNothing() throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set(
      [
        "is_causal": .bool(true), "sliding_window": .null, "use_qk_norm": .bool(false),
        "torch_dtype": .string("bfloat16"), "temperature": .number(0.6),
        "no_rope_layers": .array([]),
        "partial_rotary_factor": .number(1), "rope_theta": .null,
      ], in: folder)
    #expect(fault(folder) == nil)
  }

  @Test(arguments: [
    ("axial", #"{"rope_type": "axial", "factor": 2.0}"#, "rope_scaling: expected one of default"),
    (
      "attention_factor", #"{"rope_type": "linear", "factor": 2.0, "attention_factor": 0.5}"#,
      #"field "rope_scaling.attention_factor""#
    ), ("factor alone", #"{"factor": 2.0}"#, #"field "rope_scaling.factor""#),
  ])
  func aScaling(name: String, scaling: String, message: String) throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set(
      ["rope_scaling": try JSONParser.parse(Array(scaling.utf8))], in: folder)
    #expect(fault(folder)?.contains(message) == true, "\(fault(folder) ?? "-")")
  }

  /// Another architecture in the files of one that is known.
  @Test(arguments: ["granite", "smollm3", "mistral", "qwen2"])
  func anotherTypeOfTheSameClass(type: String) throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set(["model_type": .string(type)], in: folder)
    #expect(fault(folder)?.contains("unknown architecture '\(type)'") == true)
  }

  @Test func aTypeWithoutAClass() throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set(["architectures": .null], in: folder)
    #expect(fault(folder) == nil)
    try ModelFixture.set(["model_type": .null], in: folder)
    #expect(fault(folder)?.contains("unknown architecture 'none'") == true)
  }

  @Test(arguments: [
    "model.layers.0.self_attn.q_proj.bias", "model.layers.2.mlp.down_proj.bias", "lm_head.bias",
    "model.layers.1.self_attn.q_norm.weight", "model.layers.0.self_attn.sinks",
    "model.layers.0.self_attn.attn_sub_norm.weight", "model.layers.1.mlp.experts.0.up_proj.weight",
    "model.layers.3.input_layernorm.weight", "model.layers.0.self_attn.q_proj.weight_scale",
  ])
  func aTensor(name: String) throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.rewrite(folder) { $0 + [(name, .zeros([16]))] }
    let found = fault(folder)
    #expect(
      found?.contains("tensors that nothing of llama reads: \(name);") == true,
      "\(found ?? "-")")
  }

  @Test func aBufferOfOlderFiles() throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.rewrite(folder) {
      $0 + [("model.layers.0.self_attn.rotary_emb.inv_freq", .zeros([2]))]
    }
    #expect(fault(folder) == nil)
  }

  /// A configuration that promises biases which the file doesn't have.
  @Test func aMissingBias() throws {
    let folder = try temporary.copy("llama-gqa")
    try ModelFixture.set(["attention_bias": .bool(true)], in: folder)
    #expect(
      fault(folder)?.contains("tensor \"model.layers.0.self_attn.q_proj.bias\", found none")
        == true)
  }

  @Test(arguments: [
    "BertForTokenClassification", "BertForMultipleChoice", "BertForQuestionAnswering",
    "BertForNextSentencePrediction",
  ])
  func anotherTasksHead(name: String) throws {
    let folder = try temporary.copy("bert-classifier")
    try ModelFixture.set(["architectures": .array([.string(name)])], in: folder)
    let found = fault(folder)
    #expect(
      found?.contains("architectures: expected BertModel, BertForMaskedLM, ") == true
        && found?.hasSuffix("found \(name)") == true, "\(found ?? "-")")
  }

  @Test func aClassifierWithoutItsPooler() throws {
    let folder = try temporary.copy("bert-classifier")
    try ModelFixture.rewrite(folder) { $0.filter { !$0.name.contains("pooler") } }
    #expect(fault(folder)?.contains("tensor \"bert.pooler.dense.weight\", found none") == true)
  }

  @Test(arguments: [
    ("rope.scaling.attn_factor", GGUF.Value.float32(0.5), "expected 1, found 0.5"),
    ("attention.causal", .boolean(false), "expected true, found false"),
    ("attention.sliding_window", .uint32(16), "expected 0, found 16"),
    ("expert_group_count", .uint32(8), "expected no such field"),
    ("rope.scaling.yarn_log_multiplier", .float32(0.1), "expected no such field"),
    ("attention.temperature_scale", .float32(0.1), "expected no such field"),
  ])
  func aKey(key: String, value: GGUF.Value, message: String) throws {
    let url = temporary.url.appending(component: "keyed.gguf")
    try ModelFixture.writeGGUF(to: url, adding: [("llama." + key, value)])
    let found = fault(url)
    #expect(found?.contains("key \"llama.\(key)\": \(message)") == true, "\(found ?? "-")")
  }

  @Test func aTensorOfAGGUFFile() throws {
    let url = temporary.url.appending(component: "tensor.gguf")
    try ModelFixture.writeGGUF(to: url) { $0 + [("blk.1.attn_q_norm.weight", .zeros([4]))] }
    #expect(
      fault(url)?.contains("tensors that nothing of llama reads: blk.1.attn_q_norm.weight") == true)
  }

  @Test func anAdapterInAGGUFFile() throws {
    let url = temporary.url.appending(component: "adapter.gguf")
    try ModelFixture.writeGGUF(to: url, adding: [("general.type", .string("adapter"))])
    #expect(fault(url)?.contains("general.type: expected model, found adapter") == true)
  }
}

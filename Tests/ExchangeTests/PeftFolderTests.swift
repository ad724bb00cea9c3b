import Foundation
import InterchangeCheckpoints
import InterchangeExchange
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Folders that peft saved, with its logits, losses and gradients.
enum PeftFixtures {
  struct Expected: Decodable {
    struct Case: Decodable {
      let folder: String
      let logits: [[Float]]
      let loss: Float
      let gradients: [String: [Float]]?
    }
    let prompts: [[Int]]
    let target: Int
    let cases: [Case]
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/peft")

  static func expected() throws -> Expected {
    let data = try Data(contentsOf: folder.appending(component: "expected.json"))
    return try JSONDecoder().decode(Expected.self, from: data)
  }
}

@Suite struct PeftFolderTests {
  @Test func logitsArePefts() throws {
    let model = try TinyModels.safetensors()
    let expected = try PeftFixtures.expected()
    #expect(expected.cases.count == 6)
    for found in expected.cases {
      let folder = PeftFixtures.folder.appending(component: found.folder)
      let adapter = try PeftFolder(contentsOf: folder).adapter(for: model)
      let logits = try AdaptedModel(model, adapters: [adapter]).lastLogits(expected.prompts)
      let distance = largestDifference(logits.elements, found.logits.flatMap { $0 })
      // Logits of order one, float32 on both sides.
      #expect(distance < 1e-4, "\(found.folder): \(distance)")

      // A folder written for peft is read again as it was, and so is our own file.
      let kept = try TemporaryFolder()
      try PeftFolder.write(adapter, of: model, to: kept.url)
      let again = try AdaptedModel(
        contentsOf: kept.url.path, base: model, foreign: ForeignAdapters.all)
      #expect(try again.lastLogits(expected.prompts).elements == logits.elements)
      try AdapterFile.write(adapter, of: model, to: kept.url)
      let own = try AdapterFile.read(contentsOf: kept.url.path, base: model).adapter
      #expect(
        try AdaptedModel(model, adapters: [own]).lastLogits(expected.prompts).elements
          == logits.elements)
    }
  }

  /// One example with one completion token each: their mean loss is the script's.
  @Test func gradientsArePefts() throws {
    let model = try TinyModels.safetensors()
    let expected = try PeftFixtures.expected()
    for found in expected.cases {
      guard let gradients = found.gradients else { continue }
      let folder = PeftFixtures.folder.appending(component: found.folder)
      let adapter = try PeftFolder(contentsOf: folder).adapter(for: model)
      let adapted = try AdaptedModel(model, adapters: [adapter])
      let losses = try expected.prompts.map { prompt in
        let logits = try adapted.lastLogits([prompt])
        return logits.crossEntropy([expected.target])
      }
      let loss = (1 / Float(losses.count)) * losses.dropFirst().reduce(losses[0], +)
      #expect(abs(loss.scalar - found.loss) < 1e-5)
      loss.backward()
      for (name, gradient) in gradients {
        let parameter = try #require(self.parameter(name, adapter))
        let own = try #require(parameter.gradient)
        let distance = largestDifference(own.elements, gradient)
        #expect(distance < 1e-4, "\(found.folder), \(name): \(distance)")
      }
    }
  }

  /// A parameter by peft's name.
  private func parameter(_ name: String, _ adapter: any Adapter) -> Parameter? {
    guard let updates = adapter as? InterventionAdapter else { return adapter.parameters.first }
    let modules: [Component: String] = [
      .queryOutput: "q_proj", .keyOutput: "k_proj", .valueOutput: "v_proj",
      .attentionOutput: "o_proj", .gateOutput: "gate_proj", .upOutput: "up_proj",
      .mlpOutput: "down_proj",
    ]
    for placed in updates.interventions {
      guard let update = placed.intervention as? LowRankUpdate,
        let module = modules[placed.site.component],
        name.contains("layers.\(placed.site.layer)."), name.contains(module)
      else { continue }
      return name.contains("lora_A") ? update.down : update.up
    }
    return nil
  }

  /// The line that refuses a fixture's folder with a changed configuration.
  private func refusal(
    of name: String = "lora-qv", for model: LanguageModel? = nil,
    _ change: (inout [String: Any]) -> Void
  ) throws -> String? {
    let source = PeftFixtures.folder.appending(component: name)
    let folder = try TemporaryFolder()
    let data = try Data(contentsOf: source.appending(component: "adapter_config.json"))
    var fields = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    change(&fields)
    try JSONSerialization.data(withJSONObject: fields).write(
      to: folder.url.appending(component: "adapter_config.json"))
    try FileManager.default.copyItem(
      at: source.appending(component: "adapter_model.safetensors"),
      to: folder.url.appending(component: "adapter_model.safetensors"))
    let base = try model ?? TinyModels.safetensors()
    return line { _ = try PeftFolder(contentsOf: folder.url).adapter(for: base) }
      .map { $0.replacing(folder.url.path + "/", with: "") }
  }

  /// Every setting that changes what is computed and isn't applied is refused by its name.
  @Test func settingsThatAreNotAppliedAreRefused() throws {
    let settings: [(field: String, value: Any)] = [
      ("init_lora_weights", "pissa"), ("init_lora_weights", "pissa_niter_16"),
      ("init_lora_weights", "olora"), ("init_lora_weights", "corda"),
      ("init_lora_weights", "loftq"), ("init_lora_weights", "lora_ga"),
      ("use_dora", true), ("use_qalora", true), ("lora_bias", true), ("fan_in_fan_out", true),
      ("ensure_weight_tying", true), ("alora_invocation_tokens", [5, 6]),
      ("layer_replication", [[0, 2], [1, 3]]), ("rank_pattern", ["q_proj": 2]),
      ("alpha_pattern", ["q_proj": 2]), ("modules_to_save", ["lm_head"]),
      ("trainable_token_indices", [1]), ("target_parameters", ["up"]),
      ("loftq_config", ["loftq_bits": 4]), ("corda_config", ["corda_method": "ipm"]),
      ("megatron_config", ["a": 1]), ("arrow_config", ["top_k": 1]), ("use_bdlora", ["a": 1]),
      ("kasa_config", ["beta": 1]), ("velora_config", ["a": 1]), ("bias", "lora_only"),
      ("a_later_setting", true), ("a_later_setting", 1), ("a_later_setting", "x"),
      ("a_later_setting", 0), ("a_later_setting", [0]), ("a_later_setting", ["x": 1]),
    ]
    for (field, value) in settings {
      let found = try refusal { $0[field] = value }
      #expect(
        found?.hasPrefix("adapter_config.json: \(field): expected ") == true,
        "\(field): \(found ?? "let through")")
    }
    for kind in ["prompt-tuning", "p-tuning", "prefix-tuning"] {
      for field in ["modules_to_save", "a_later_setting", "use_dora"] {
        let found = try refusal(of: kind) { $0[field] = ["x"] }
        #expect(found?.hasPrefix("adapter_config.json: \(field): ") == true, "\(kind), \(field)")
      }
    }
    #expect(
      try refusal { $0["init_lora_weights"] = "pissa" }
        == "adapter_config.json: init_lora_weights: expected true, false, gaussian, orthogonal, eva, "
        + "found pissa")
  }

  @Test func settingsWithoutMeaningAreLetThrough() throws {
    let settings: [(field: String, value: Any)] = [
      ("init_lora_weights", false), ("init_lora_weights", "gaussian"),
      ("init_lora_weights", "orthogonal"), ("peft_version", "99"), ("revision", "main"),
      ("a_later_setting", NSNull()), ("a_later_setting", false), ("a_later_setting", ""),
      ("a_later_setting", [Int]()), ("a_later_setting", [String: Int]()),
      ("qalora_group_size", 32), ("megatron_core", "other"), ("inference_mode", false),
      ("task_type", "FEATURE_EXTRACTION"), ("auto_mapping", ["base_model_class": "X"]),
    ]
    for (field, value) in settings {
      #expect(try refusal { $0[field] = value } == nil, "\(field)")
    }
    #expect(try refusal { $0["target_modules"] = "all-linear" } == nil)
  }

  /// What a folder says of its base is compared with the model.
  @Test func anotherBaseIsRefusedOrTold() throws {
    #expect(
      try refusal { $0["target_modules"] = ["q_proj"] }?
        .hasPrefix("adapter_config.json: target_modules: expected the tensors' modules, found ")
        == true)
    #expect(
      try refusal { $0["target_modules"] = ["q_proj", "v_proj", "o_proj"] }
        == "adapter_config.json: target_modules: expected tensors for all layers of the model "
        + "(0 to 2), found none for model.layers.0.self_attn.o_proj")
    #expect(
      try refusal(of: "prompt-tuning") { $0["num_layers"] = 4 }
        == "adapter_config.json: num_layers: expected 3, as the model has, found 4")
    #expect(
      try refusal(of: "prefix-tuning") { $0["token_dim"] = 16 }
        == "adapter_config.json: token_dim: expected 8, as the model has, found 16")

    let model = try TinyModels.safetensors()
    func remarks(_ name: String) throws -> [String] {
      let folder = try TemporaryFolder()
      let text = #"{"peft_type": "LORA", "base_model_name_or_path": "\#(name)"}"#
      _ = try folder.file("adapter_config.json", Data(text.utf8))
      return try ForeignAdapters.remarks(on: [folder.url.path], for: model)
    }
    for name in ["llama-gqa", "/models/llama-gqa/", "someone/LLaMA_GQA-instruct", ""] {
      #expect(try remarks(name) == [], "\(name)")
    }
    let remark = try #require(try remarks("someone/other").first)
    #expect(remark.hasSuffix("was trained on \"someone/other\"; this model is \"llama-gqa\""))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    #expect(try refusal { _ in } == nil)
    #expect(
      try refusal { $0["peft_type"] = "IA3" }
        == "adapter_config.json: peft_type: expected LORA, PROMPT_TUNING, P_TUNING, PREFIX_TUNING, "
        + "found IA3")
    #expect(
      try refusal { $0["use_dora"] = true }
        == "adapter_config.json: use_dora: expected false, found true")
    #expect(
      try refusal { $0["r"] = 4 }?.hasPrefix(
        "adapter_model.safetensors: tensor base_model.model.model.layers.0.self_attn.q_proj.lora_A"
      )
        == true)
    #expect(
      try refusal { $0["bias"] = "all" }
        == "adapter_config.json: bias: expected none, found all")
  }
}

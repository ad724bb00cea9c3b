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

  @Test func whatDoesNotFitIsRefused() throws {
    let model = try TinyModels.safetensors()
    let source = PeftFixtures.folder.appending(component: "lora-qv")
    func refusal(_ change: (inout [String: Any]) -> Void) throws -> String? {
      let folder = try TemporaryFolder()
      let data = try Data(contentsOf: source.appending(component: "adapter_config.json"))
      var fields = try #require(
        JSONSerialization.jsonObject(with: data) as? [String: Any])
      change(&fields)
      try JSONSerialization.data(withJSONObject: fields).write(
        to: folder.url.appending(component: "adapter_config.json"))
      try FileManager.default.copyItem(
        at: source.appending(component: "adapter_model.safetensors"),
        to: folder.url.appending(component: "adapter_model.safetensors"))
      return line { _ = try PeftFolder(contentsOf: folder.url).adapter(for: model) }
        .map { $0.replacing(folder.url.path + "/", with: "") }
    }
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

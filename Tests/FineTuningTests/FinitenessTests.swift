import Foundation
import InterchangeCheckpoints
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Numbers that are none are errors with their place.
@Suite struct FinitenessTests {
  private let task = EvaluationTask(name: "test", template: .verbatim, extraction: .text)

  /// The tiny LLaMA with one number of one tensor replaced.
  private func spoiled(_ name: String, _ value: Float = .nan) throws -> LanguageModel {
    try TinyModels.safetensors().changed(name, value)
  }

  @Test(arguments: [
    "model.layers.1.mlp.up_proj.weight", "model.layers.2.self_attn.q_proj.weight",
    "model.layers.0.input_layernorm.weight", "model.embed_tokens.weight", "model.norm.weight",
  ])
  func aWeightIsNamed(name: String) throws {
    let model = try spoiled(name)
    let adapted = try AdaptedModel(model, adapters: [])
    for body in [
      { _ = try model.logits(after: "the key") },
      { _ = try model.generate("the key") },
      { _ = try adapted.lastLogits([[5, 6, 7]]) },
    ] {
      let found = line(body)
      #expect(found?.contains("expected finite numbers, found") == true, "\(found ?? "none")")
      #expect(found?.contains(String(name.dropLast(".weight".count))) == true, "\(found ?? "")")
    }
  }

  @Test func aHiddenVectorIsNamed() throws {
    let model = try spoiled("model.layers.1.mlp.up_proj.weight")
    let request = Request(
      [.tokens([5, 6, 7])],
      captures: [Cells(.blockOutput, layer: 2, positions: [[1, 2]])])
    let found = line { _ = try model.run(request) }
    #expect(found?.hasPrefix("block_output 2 of input 0 at position 1: ") == true)
    #expect(found?.contains("they begin in the output of block 1") == true)
    let below = Request(
      [.tokens([5, 6, 7])], captures: [Cells(.blockOutput, layer: 0, positions: [[1, 2]])])
    #expect(line { _ = try model.run(below) } == nil)
  }

  @Test func aLossIsNamed() throws {
    let model = try spoiled("model.layers.1.mlp.up_proj.weight")
    let adapted = try AdaptedModel(model, adapters: [])
    let examples = [TaskExample(prompt: "the key", completion: " is")]
    let found = line { _ = try Evaluator(task, mode: .loss).evaluate(adapted, on: examples) }
    #expect(
      found?.hasPrefix("the loss: expected a finite number, found none: example 0: ") == true)
    #expect(found?.contains("model.layers.1.mlp.up_proj") == true)
    #expect(
      line { _ = try Evaluator(task, mode: .generate).evaluate(adapted, on: examples) }?
        .contains("expected finite numbers") == true)
  }

  @Test func aHeadsOutputIsNamed() throws {
    let tiny = try TinyEncoder(hasHead: false)
    let labels = LabelSet(["no", "yes"])
    let head = LabelHead(labels, for: tiny.model.network, seed: 0)
    head.parameters[1].value = Tensor([0, Float.infinity])
    let adapted = try AdaptedModel(tiny.model, adapters: [head])
    let example = TaskExample(
      prompt: "film", completion: " yes", answer: "yes", choices: ["no", "yes"],
      sentences: ["film"], origin: TaskExample.Origin(path: "films.csv", line: 4))
    #expect(
      line { _ = try Evaluator(task, mode: .label).evaluate(adapted, on: [example]) }
        == "the head's output: expected a finite number, found none: films.csv: line 4")
  }

  @Test func anAdaptersFileIsNamed() throws {
    let model = try TinyModels.gguf()
    let adapter = try AdapterConfiguration(method: "loreft").makeAdapter(for: model)
    let bias = try #require(adapter.parameters.last)
    var numbers = bias.value.elements
    numbers[1] = .nan
    bias.value = Tensor(numbers, shape: bias.value.shape)
    let kept = try TemporaryFolder()
    try AdapterFile.write(adapter, of: model, to: kept.url)
    let found = line { _ = try AdapterFile.read(contentsOf: kept.url.path, base: model) }
    #expect(found?.contains("expected finite numbers, found nan at element 1") == true)
  }

  /// A training that makes numbers that are none says at which step, with a head too.
  @Test func trainingSaysTheStep() throws {
    let tiny = try TinyEncoder(hasHead: false)
    let labels = LabelSet(["no", "yes"])
    let examples = (0..<8).map { index in
      TaskExample(
        prompt: "w\(index)", completion: "", answer: labels.names[index % 2],
        choices: labels.names, sentences: ["w\(index)"])
    }
    let adapted = try AdaptedModel(
      tiny.model,
      adapters: [
        AdapterConfiguration(method: "loreft").makeAdapter(for: tiny.model),
        LabelHead(labels, for: tiny.model.network, seed: 0),
      ])
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (20, 4, 1e30)
    #expect(throws: FineTuningError.self) {
      try FineTuner(settings: settings).train(
        adapted, onTokens: tiny.model.tokenized(examples, labels: labels))
    }
  }
}

extension LanguageModel {
  /// The model of the same folder with the first number of one tensor replaced.
  fileprivate func changed(_ name: String, _ value: Float) throws -> LanguageModel {
    let folder = try TemporaryFolder()
    for file in try FileManager.default.contentsOfDirectory(atPath: url.path)
    where !file.hasSuffix(".safetensors") {
      try FileManager.default.copyItem(
        at: url.appending(component: file), to: folder.url.appending(component: file))
    }
    let weights = try SafetensorsFile(contentsOf: url.appending(component: "model.safetensors"))
    try Safetensors.write(
      weights.names.map { own in
        let tensor = try weights.tensor(named: own).floats()
        guard own == name else { return (own, tensor) }
        return (own, Tensor([value] + tensor.elements.dropFirst(), shape: tensor.shape))
      }, metadata: [:], to: folder.url.appending(component: "model.safetensors"))
    return try LanguageModel(contentsOf: folder.url)
  }
}

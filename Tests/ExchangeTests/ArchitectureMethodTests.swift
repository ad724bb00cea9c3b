import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeDatasets
import InterchangeExchange
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Every method on every architecture; its updates merged, written and exchanged.
@Suite struct ArchitectureMethodTests {
  private let prompts = [[5, 9, 2, 14], [7], [3, 3, 8, 20, 11, 6, 30, 12, 4, 21, 17, 9]]

  /// Low-rank updates of all projections that the architecture has, with random factors.
  private func lowRank(_ model: LanguageModel) throws -> InterventionAdapter {
    let projections = Projection.allCases.filter { projection in
      model.architecture.listedWeights.contains { $0.kind == .projection(projection) }
    }
    var configuration = AdapterConfiguration(method: "lora")
    try configuration.set(.projections, to: projections.map(\.rawValue).joined(separator: ","))
    configuration.rank = 2
    if !model.architecture.listedWeights.contains(where: { $0.kind == .projection(.up) }) {
      try configuration.set(.projections, to: "query,key,value,output")
    }
    let adapter = try #require(
      try configuration.makeAdapter(for: model, seed: 3) as? InterventionAdapter)
    var generator = RandomGenerator(seed: 11)
    for parameter in adapter.parameters {
      parameter.value = .normal(parameter.value.shape, deviation: 0.2, using: &generator)
    }
    return adapter
  }

  /// An adapter's updates, merged into the weights, written as a folder, and as peft's folder and
  /// back, are one model.
  @Test(
    arguments: ArchitectureFixtures.decoders.filter { $0 != "qwen2-moe" }
      + ArchitectureFixtures.encoderDecoders)
  func mergedWrittenAndExchanged(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let adapter = try lowRank(model)
    let adapted = try AdaptedModel(model, adapters: [adapter])
    let expected = try adapted.lastLogits(prompts).elements
    let plain = try AdaptedModel(model, adapters: []).lastLogits(prompts).elements
    let tolerance = 40 * rounding(ofRun: expected)
    #expect(largestDifference(expected, plain) > 100 * tolerance)

    let merged = try AdaptedModel(adapted.merged(), adapters: []).lastLogits(prompts).elements
    #expect(largestDifference(merged, expected) < tolerance, "\(name), merged")

    let folder = place.url.appending(component: "merged")
    try adapted.writeMerged(to: folder)
    let written = try LanguageModel(contentsOf: folder)
    let found = try AdaptedModel(written, adapters: []).lastLogits(prompts).elements
    #expect(largestDifference(found, expected) < tolerance, "\(name), written")

    let peft = place.url.appending(component: "peft")
    try PeftFolder.write(adapter, of: model, to: peft)
    let read = try PeftFolder(contentsOf: peft).adapter(for: model)
    let exchanged = try AdaptedModel(model, adapters: [read]).lastLogits(prompts).elements
    #expect(largestDifference(exchanged, expected) < tolerance, "\(name), by way of peft")
  }

  /// Every method that fits a decoder lowers the loss of a text that it is trained on, with noise
  /// on the embeddings and without.
  @Test(arguments: ArchitectureFixtures.decoders + ArchitectureFixtures.encoderDecoders)
  func everyMethodTrains(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let pairs = [PromptCompletion(prompt: "abc de", completion: "fgh")]
    var trained = 0
    for method in AdapterMethods.all {
      for name in method.names {
        var configuration = AdapterConfiguration(method: name)
        if method.choices.contains(where: { $0.name == AdapterChoice.tokens.name }) {
          configuration.tokens = 4
        }
        if method.choices.contains(where: { $0.name == AdapterChoice.rank.name }) {
          configuration.rank = 2
        }
        let adapter: any Adapter
        do {
          adapter = try configuration.makeAdapter(for: model, seed: 1)
        } catch {
          // Vectors are computed, not trained; biases can't be trained where there are none.
          let reason = "\(error)"
          #expect(
            reason.contains("expected vectors") || reason.contains("expected a model with biases"),
            "\(model.architecture.name), \(name): \(reason)")
          continue
        }
        let adapted = try AdaptedModel(model, adapters: [adapter])
        guard !adapted.parameters.isEmpty else { continue }
        var settings = FineTuningSettings()
        (settings.epochs, settings.batchSize, settings.learningRate) = (3, 1, 1e-3)
        settings.warmup = 0
        if name == "lora" { settings.embeddingNoise = 5 }
        let tuner = FineTuner(settings: settings)
        let before = try tuner.loss(adapted, on: pairs)
        try tuner.train(adapted, on: pairs)
        let after = try tuner.loss(adapted, on: pairs)
        #expect(after < before, "\(model.architecture.name), \(name): \(before) to \(after)")
        trained += 1
      }
    }
    #expect(trained >= 12)
  }
}

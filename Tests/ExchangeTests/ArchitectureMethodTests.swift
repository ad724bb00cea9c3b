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

  /// An adapter's updates, merged into the weights, written as a folder, and as peft's folder and
  /// back, are one model.
  @Test(
    arguments: ArchitectureFixtures.decoders.filter { $0 != "qwen2-moe" }
      + ArchitectureFixtures.encoderDecoders)
  func mergedWrittenAndExchanged(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let adapter = try randomLowRank(model)
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

  /// Vectors of contrast pairs, added to the residual stream of every layer, are an edit of all
  /// positions.
  @Test(arguments: ArchitectureFixtures.readable)
  func steeringVectors(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let pairs = [([5, 9, 2], [14, 3, 7]), ([8, 8, 20], [1, 2, 3]), ([4, 6], [30, 31])]
      .map { (positive: $0.0, negative: $0.1) }
    for component in [Component.blockOutput, .mlpOutput] {
      let layers = (0..<model.layers).filter {
        model.architecture.hasComponent(component, layer: $0)
      }
      let vectors = try SteeringVectors.compute(
        from: pairs, model: model, component: component, layers: layers
      ).vectors
      #expect(vectors.layers == layers && vectors.width == model.architecture.width)
      let steered = try AdaptedModel(
        model, adapters: [vectors.makeAdapter(for: model, coefficient: 3)])
      let found = try steered.lastLogits(prompts).elements
      let edits = layers.map { layer in
        Edit(Cells(component, layer: layer, positions: prompts.map { Array($0.indices) })) {
          $0.addingToRows(3 * vectors.vectors[layer]!)
        }
      }
      let inputs = prompts.map { ModelInput.tokens($0) }
      func logits(_ edits: [Edit]) throws -> [Float] {
        let request = Request(inputs, edits: edits, logits: prompts.map { [$0.count - 1] })
        return try #require(try model.run(request).logits).elements
      }
      let (expected, plain) = (try logits(edits), try logits([]))
      let tolerance = 40 * rounding(ofRun: expected)
      #expect(largestDifference(found, expected) < tolerance, "\(name) \(component)")
      #expect(largestDifference(plain, expected) > 10 * tolerance, "\(name) \(component)")
    }
  }

  /// Where a projection's weight also makes rows of relative positions, a change of it would be
  /// more than the adapter.
  @Test(arguments: ["deberta-v2", "deberta-v3"])
  func aWeightThatMakesMore(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let isShared = model.architecture.otherRows(of: .query, layer: 0) != nil
    #expect(isShared == (name == "deberta-v3"))
    for projection in [Projection.query, .key, .value] {
      var configuration = AdapterConfiguration(method: "lora")
      try configuration.set(.projections, to: projection.rawValue)
      let adapted = try AdaptedModel(
        model, adapters: [configuration.makeAdapter(for: model, seed: 3)])
      let fault = line { _ = try adapted.merged() }
      guard isShared, projection != .value else {
        #expect(fault == nil)
        continue
      }
      #expect(
        fault == "the weight of \(projection.rawValue) in layer 0 can't be changed for the "
          + "\(projection.rawValue) alone: it also makes the \(projection.rawValue) rows of relative "
          + "positions; use the adapter without merging it, or one of other projections")
      #expect(line { try adapted.writeMerged(to: place.url.appending(component: "x")) } == fault)
    }
  }
}

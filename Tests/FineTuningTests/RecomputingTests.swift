import Foundation
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Blocks that are computed again in the backward pass.
@Suite struct RecomputingTests {
  private let examples = (0..<6).map {
    TokenizedExample(tokens: [5 + $0, 9, 2, 14 - $0, 7, 3 + $0], promptLength: 3)
  }

  private func trained(_ methods: [String], recomputes: Bool) throws -> [Tensor] {
    let model = try TinyModels.safetensors()
    let adapters = try methods.map { method in
      var configuration = AdapterConfiguration(method: method)
      switch method {
      case "lora", "loreft", "direft": (configuration.rank, configuration.dropout) = (2, 0.2)
      case "prefix-tuning": configuration.tokens = 2
      case "reft-r1": (configuration.latents, configuration.penalty) = (2, 0.5)
      default: break
      }
      return try configuration.makeAdapter(for: model, seed: 3)
    }
    let adapted = try AdaptedModel(model, adapters: adapters)
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (4, 3, 1e-2)
    (settings.recomputesBlocks, settings.embeddingNoise) = (recomputes, 5)
    try FineTuner(settings: settings).train(adapted, onTokens: examples)
    return adapted.parameters.map(\.value)
  }

  /// The same draws of dropout and gates, and so the same parameters.
  @Test(arguments: [
    ["lora"], ["loreft"], ["direft", "lora"], ["prefix-tuning"], ["diff-pruning"],
    ["serial-adapter", "lora"], ["reft-r1"], ["reft-r1", "lora"],
  ])
  func theSameNumbers(methods: [String]) throws {
    let expected = try trained(methods, recomputes: false)
    let found = try trained(methods, recomputes: true)
    for (found, expected) in zip(found, expected) {
      #expect(largestDifference(found.elements, expected.elements) < 1e-5)
    }
  }
}

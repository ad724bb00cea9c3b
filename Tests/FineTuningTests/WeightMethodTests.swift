import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Methods that change what projections make, against plain loops and against merged weights.
@Suite struct WeightMethodTests {
  private let prompts = [[5, 9, 2, 14], [7], [3, 3, 8, 20, 11, 6]]

  private func adapter(_ method: String, _ choices: [(AdapterChoice, String)] = []) throws
    -> any Adapter
  {
    var configuration = AdapterConfiguration(method: method)
    for (choice, text) in choices { try configuration.set(choice, to: text) }
    return try configuration.makeAdapter(for: TinyModels.safetensors(), seed: 3)
  }

  /// Random numbers in place of the zeros that a method starts with.
  private func disturb(_ adapter: any Adapter) {
    var generator = RandomGenerator(seed: 11)
    for parameter in adapter.parameters {
      parameter.value = .normal(parameter.value.shape, deviation: 0.3, using: &generator)
    }
  }

  @Test(arguments: ["lora", "serial-adapter", "parallel-adapter", "full"])
  func startChangesNothing(method: String) throws {
    let model = try TinyModels.safetensors()
    let adapted = try AdaptedModel(
      model, adapters: [adapter(method, method == "full" ? [] : [(.rank, "2")])])
    let plain = try AdaptedModel(model, adapters: []).lastLogits(prompts)
    #expect(try adapted.lastLogits(prompts).elements == plain.elements)
    #expect(adapted.parameterCount > 0)
  }

  @Test(arguments: ["lora", "full"]) func mergedIsUnmerged(method: String) throws {
    let model = try TinyModels.safetensors()
    let adapter = try adapter(method, [(.projections, "all")])
    disturb(adapter)
    let adapted = try AdaptedModel(model, adapters: [adapter])
    let expected = try adapted.lastLogits(prompts).elements
    let merged = try AdaptedModel(adapted.merged(), adapters: []).lastLogits(prompts).elements
    #expect(largestDifference(merged, expected) < rounding(ofRun: expected))
    let plain = try AdaptedModel(model, adapters: []).lastLogits(prompts).elements
    #expect(largestDifference(plain, expected) > 1e-2)
  }

  @Test(arguments: ["lora", "full"]) func mergedIsUnmergedInEncoders(method: String) throws {
    let model = try TinyEncoder().model
    var configuration = AdapterConfiguration(method: method)
    try configuration.set(.projections, to: "query,key,value,output,up,down")
    let adapter = try configuration.makeAdapter(for: model, seed: 3)
    disturb(adapter)
    let adapted = try AdaptedModel(model, adapters: [adapter])
    let expected = try adapted.lastLogits(prompts).elements
    let merged = try AdaptedModel(adapted.merged(), adapters: []).lastLogits(prompts).elements
    #expect(largestDifference(merged, expected) < rounding(ofRun: expected))
    let plain = try AdaptedModel(model, adapters: []).lastLogits(prompts).elements
    #expect(largestDifference(plain, expected) > 1e-2)
  }

  @Test func onlyUpdatesMerge() throws {
    let adapted = try AdaptedModel(TinyModels.safetensors(), adapters: [adapter("red")])
    #expect(
      line { _ = try adapted.merged() }
        == "merge: expected updates of whole projections, found red")
  }

  @Test func lowRankUpdateInPlainLoops() throws {
    var generator = RandomGenerator(seed: 5)
    let update = LowRankUpdate(
      down: .normal([2, 5], using: &generator), up: .normal([3, 2], using: &generator), scale: 1.5)
    let (base, read) = (
      Tensor.normal([4, 3], using: &generator), Tensor.normal([4, 5], using: &generator)
    )
    let found = update(base, sources: [read])
    for row in 0..<4 {
      for output in 0..<3 {
        var expected = Double(base[row, output])
        for k in 0..<2 {
          var inner = 0.0
          for i in 0..<5 { inner += Double(update.down.value[k, i]) * Double(read[row, i]) }
          expected += 1.5 * inner * Double(update.up.value[output, k])
        }
        #expect(abs(Double(found[row, output]) - expected) < 1e-5)
      }
    }
  }

  @Test(arguments: [false, true]) func adapterInPlainLoops(isParallel: Bool) throws {
    var generator = RandomGenerator(seed: 6)
    let adapter = Bottleneck(
      rank: 2, inputWidth: isParallel ? 5 : 3, width: 3, activation: .relu, scale: 2,
      isParallel: isParallel, using: &generator)
    for parameter in adapter.parameters {
      parameter.value = .normal(parameter.value.shape, using: &generator)
    }
    let (base, read) = (
      Tensor.normal([4, 3], using: &generator), Tensor.normal([4, 5], using: &generator)
    )
    let found = adapter(base, sources: isParallel ? [read] : [])
    let input = isParallel ? read : base
    for row in 0..<4 {
      for output in 0..<3 {
        var sum = Double(adapter.upBias.value.elements[output])
        for k in 0..<2 {
          var inner = Double(adapter.downBias.value.elements[k])
          for i in 0..<input.width {
            inner += Double(adapter.down.value[k, i]) * Double(input[row, i])
          }
          sum += max(0, inner) * Double(adapter.up.value[output, k])
        }
        #expect(abs(Double(found[row, output]) - Double(base[row, output]) - 2 * sum) < 1e-4)
      }
    }
  }

  /// Every method's gradients against central differences of the loss.
  @Test(arguments: [
    "lora", "serial-adapter", "parallel-adapter", "full", "prompt-tuning", "p-tuning",
    "prefix-tuning",
  ])
  func gradientsAreDifferences(method: String) throws {
    let model = try TinyModels.safetensors()
    let choices: [(AdapterChoice, String)] =
      switch method {
      case "full": []
      case "prompt-tuning", "p-tuning", "prefix-tuning": [(.tokens, "2")]
      default: [(.rank, "2")]
      }
    let adapter = try adapter(method, choices)
    disturb(adapter)
    let adapted = try AdaptedModel(model, adapters: [adapter])
    func loss() throws -> Tensor {
      try adapted.lastLogits([[5, 9, 2], [7, 1]]).crossEntropy([17, 4])
    }
    let value = try loss()
    value.backward()
    var generator = RandomGenerator(seed: 8)
    for parameter in adapter.parameters {
      let gradient = try #require(parameter.gradient).elements
      let direction = Tensor.normal(parameter.value.shape, using: &generator)
      let start = parameter.value
      let found = zip(gradient, direction.elements).reduce(0.0) {
        $0 + Double($1.0) * Double($1.1)
      }
      // Long steps cross kinks and bend, short ones drown in rounding: the best of three must
      // agree. A whole step is as long for many numbers as for few.
      let differences = try [2e-2, 5e-3, 1.5e-3].map { length in
        let step = Float(length) / Float(direction.count).squareRoot()
        parameter.value = start + step * direction
        let above = try loss().scalar
        parameter.value = start - step * direction
        let below = try loss().scalar
        parameter.value = start
        return Double(above - below) / Double(2 * step)
      }
      #expect(
        differences.contains { abs(found - $0) < 0.02 * max(0.1, abs($0)) },
        "\(method), \(parameter.name): \(found), differences \(differences)")
    }
  }

  /// A damaged file that reads a component made after the edited one is refused.
  @Test func impossibleReadingsAreRefused() throws {
    let model = try TinyModels.safetensors()
    let kept = try TemporaryFolder()
    for (reading, message) in [
      ("mlp_output", "0.reading: expected a component that is made before query_output"),
      ("block_output", "0.reading: expected a component that is made before query_output"),
    ] {
      try AdapterFile.write(adapter("lora"), of: model, to: kept.url)
      let file = kept.url.appending(component: AdapterFile.name)
      let stored = try SafetensorsFile(contentsOf: file)
      let metadata = stored.metadata.mapValues {
        $0.replacing(#""reading":"attention_input""#, with: #""reading":"\#(reading)""#)
      }
      try Safetensors.write(
        stored.names.map { ($0, try stored.tensor(named: $0).floats()) }, metadata: metadata,
        to: file)
      let found = line { _ = try AdapterFile.read(contentsOf: kept.url.path, base: model) }
      #expect(found?.contains(message) == true, "\(found ?? "nothing")")
    }
  }

  /// Trained biases are those of a checkpoint in which they were written: of projections and norms.
  @Test func biasesOfProjectionsAndNorms() throws {
    let tiny = try TinyEncoder()
    let adapter = try AdapterConfiguration(method: "bitfit").makeAdapter(for: tiny.model, seed: 0)
    // Three projections of width 8, two outputs and one of 12; two norms a layer and one before
    // them.
    let count = adapter.parameters.reduce(0) { $0 + $1.value.count }
    #expect(count == 3 * (5 * 8 + 12 + 16) + 8)
    disturb(adapter)
    let placed = try #require(adapter as? InterventionAdapter).interventions
    let names: [Component: String] = [
      .queryOutput: "attention.self.query", .keyOutput: "attention.self.key",
      .valueOutput: "attention.self.value", .attentionOutput: "attention.output.dense",
      .residualMiddle: "attention.output.LayerNorm", .upOutput: "intermediate.dense",
      .mlpOutput: "output.dense", .blockOutput: "output.LayerNorm",
    ]
    let changes = try placed.reduce(into: [String: Tensor]()) { changes, placed in
      let name =
        placed.site.component == .blockInput
        ? "embeddings.LayerNorm"
        : "encoder.layer.\(placed.site.layer)." + (try #require(names[placed.site.component]))
      changes["bert.\(name).bias"] = placed.intervention.parameters[0].value
    }
    #expect(changes.count == 3 * 8 + 1)
    let changed = try tiny.changing { name, tensor in changes[name].map { tensor + $0 } ?? tensor }
    let expected = try AdaptedModel(changed, adapters: []).lastLogits(prompts)
    let found = try AdaptedModel(tiny.model, adapters: [adapter]).lastLogits(prompts)
    #expect(
      largestDifference(found.elements, expected.elements) < rounding(ofRun: expected.elements))
    let plain = try AdaptedModel(tiny.model, adapters: []).lastLogits(prompts)
    #expect(largestDifference(found.elements, plain.elements) > 1e-2)

    // Chosen projections alone, in chosen layers.
    var chosen = AdapterConfiguration(method: "bitfit")
    try chosen.set(.projections, to: "query,up")
    try chosen.set(.layers, to: "1")
    let few = try chosen.makeAdapter(for: tiny.model, seed: 0)
    #expect(few.parameters.map(\.value.count) == [8, 12])
  }

  @Test func biasesThatDoNotExistAreRefused() throws {
    #expect(
      line { _ = try adapter("bitfit") }
        == "projections: expected a model with biases (llama has none), found query")
  }

  @Test func generationGoesOnWithSoftTokensAndUpdates() throws {
    let model = try TinyModels.safetensors()
    for method in ["lora", "prompt-tuning", "prefix-tuning"] {
      let adapter = try adapter(method)
      disturb(adapter)
      let adapted = try AdaptedModel(model, adapters: [adapter])
      var options = GenerationOptions()
      options.maximumTokens = 4
      let found = try adapted.generate([[5, 9, 2]], options: options)[0]
      var tokens = [5, 9, 2]
      for _ in 0..<4 { tokens.append(try adapted.lastLogits([tokens]).rowMaxima()[0]) }
      #expect(found == Array(tokens.dropFirst(3)), "\(method)")
    }
  }

  @Test func lowRankUpdatesWithReFT() throws {
    let model = try TinyModels.safetensors()
    let both = try [adapter("lora"), adapter("loreft", [(.rank, "2"), (.positions, "l1")])]
    both.forEach(disturb(_:))
    // A rotation stays a frame.
    for parameter in both[1].orthonormalParameters {
      parameter.value = try Rotation.random(rank: 2, width: 16, seed: 4).frame
    }
    let together = try AdaptedModel(model, adapters: both).lastLogits(prompts).elements
    let merged = try AdaptedModel(model, adapters: [both[0]]).merged()
    let onMerged = try AdaptedModel(merged, adapters: [both[1]]).lastLogits(prompts).elements
    #expect(largestDifference(together, onMerged) < rounding(ofRun: onMerged))
  }

  @Test func embeddingNoiseIsForTrainingOnly() throws {
    let model = try TinyModels.safetensors()
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (2, 2, 1e-3)
    let examples = [
      TokenizedExample(tokens: [5, 9, 2, 14], promptLength: 2),
      TokenizedExample(tokens: [3, 8, 20], promptLength: 1),
    ]
    func losses(_ noise: Double?) throws -> [Double] {
      settings.embeddingNoise = noise
      let adapted = try AdaptedModel(model, adapters: [adapter("lora", [(.rank, "2")])])
      return try FineTuner(settings: settings).train(adapted, onTokens: examples).losses
    }
    let (quiet, noisy) = (try losses(nil), try losses(5))
    #expect(try losses(5) == noisy)
    #expect(quiet[0] != noisy[0])
    // α/√(L·d) of the embeddings' size moves the loss a little.
    #expect(abs(quiet[0] - noisy[0]) < 2)
    settings.embeddingNoise = 5
    let adapted = try AdaptedModel(model, adapters: [adapter("lora", [(.rank, "2")])])
    let tuner = FineTuner(settings: settings)
    #expect(abs(try tuner.loss(adapted, onTokens: examples) - quiet[0]) < 1e-6)
  }
}

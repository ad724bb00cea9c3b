import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// s · h ⊙ g with a trained s and a given gain g: an intervention from outside the package.
private final class Gain: StorableIntervention {
  struct Traits: Codable {
    let limit: Float
    let note: String
  }

  let strength: Parameter
  let gains: Tensor
  let limit: Float

  init(strength: Tensor, gains: Tensor, limit: Float) {
    self.strength = Parameter("strength", strength)
    (self.gains, self.limit) = (gains, limit)
  }

  var name: String { "test-gain" }
  var sourceCount: Int { 0 }
  var parameters: [Parameter] { [strength] }

  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    base.multiplyingRows(strength.tensor * gains)
  }

  static var methods: [String] { ["test-gain"] }
  var traits: Traits { Traits(limit: limit, note: "from outside") }
  var storedTensors: [(name: String, tensor: Tensor)] {
    [("strength", strength.value), ("gains", gains)]
  }

  init(from stored: StoredIntervention) throws {
    let traits = try stored.traits(as: Traits.self)
    guard traits.limit > 0 else {
      throw stored.invalid("limit", "above 0", "\(traits.limit)")
    }
    strength = Parameter("strength", try stored.tensor("strength", [stored.width]))
    (gains, limit) = (try stored.tensor("gains", [stored.width]), traits.limit)
  }
}

/// Like ``Gain``, but nobody registers it.
private final class Unregistered: StorableIntervention {
  var name: String { "test-unregistered" }
  var sourceCount: Int { 0 }
  var parameters: [Parameter] { [] }
  static var methods: [String] { ["test-unregistered"] }
  var storedTensors: [(name: String, tensor: Tensor)] { [] }

  init() {}
  init(from stored: StoredIntervention) throws {}
  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { base }
}

/// An intervention with no file form at all.
private final class Fleeting: Intervention {
  var name: String { "test-fleeting" }
  var sourceCount: Int { 0 }
  var parameters: [Parameter] { [] }
  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { base }
}

/// h + b with a schedule, a penalty and noise of its own.
private final class Scheduled: TrainableIntervention {
  let bias = Parameter("bias", .zeros([16]))
  var steps: [Int] = []
  var draws = 0
  var name: String { "test-scheduled" }
  var width: Int { 16 }
  var parameters: [Parameter] { [bias] }
  var parameterCount: Int { 3 }
  var isComplete: Bool { steps.count > 2 }
  var penalty: Tensor? { (bias.tensor - Tensor(repeating: 1, shape: [16])).sum() }

  func prepare(step: Int, of count: Int) { steps.append(step) }

  func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    Tensor.zeros(base.shape).addingToRows(bias.tensor)
  }

  func change(of base: Tensor, sources: [Tensor], noise: inout RandomGenerator) -> Tensor {
    draws += noise.uniform() < 1 ? 1 : 0
    return change(of: base, sources: sources)
  }
}

/// Additions of users to interventions: their files, and ways of training.
@Suite struct OwnInterventionTests {
  private let examples = (0..<4).map {
    TokenizedExample(tokens: [5 + $0, 9, 2, 14 - $0], promptLength: 2)
  }

  @Test func trainedSavedAndLoaded() throws {
    try StorableInterventions.register(Gain.self)
    // Twice is once.
    try StorableInterventions.register(Gain.self)
    let model = try TinyModels.safetensors()
    let ones = Tensor(repeating: 1, shape: [16])
    let gain = Gain(strength: ones, gains: ones, limit: 0.1)
    let adapted = try AdaptedModel(
      model,
      [
        PlacedIntervention(gain, at: .blockOutput(1, .all)),
        PlacedIntervention(gain, at: .mlpOutput(2, .last)),
      ])
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (10, 2, 1e-2)
    let history = try FineTuner(settings: settings).train(adapted, onTokens: examples)
    #expect(history.losses.last! < history.losses[0])
    let folder = try TemporaryFolder()
    try adapted.write(to: folder.url)
    let read = try AdaptedModel(contentsOf: folder.url.path, base: model)
    let prompts = [[5, 9, 2], [6, 9]]
    #expect(
      try read.lastLogits(prompts).elements == adapted.lastLogits(prompts).elements)
    let first = try #require(read.interventions[0].intervention as? Gain)
    #expect(first.limit == 0.1 && first === read.interventions[1].intervention)
  }

  @Test func whatHasNoFileFormIsRefused() throws {
    let (model, folder) = (try TinyModels.safetensors(), try TemporaryFolder())
    let target = folder.url.appending(component: "new")
    func refusal(_ interventions: any Intervention...) throws -> String? {
      let adapted = try AdaptedModel(
        model,
        adapters: interventions.map {
          InterventionAdapter([PlacedIntervention($0, at: .blockOutput(0, .last))])
        })
      return line { try adapted.write(to: target) }
    }
    #expect(
      try refusal(Fleeting())
        == "test-fleeting can't be written: it has no file form (StorableIntervention)")
    #expect(
      try refusal(Unregistered())?.hasPrefix(
        "test-unregistered can't be written: it could not be read again") == true)
    #expect(
      try refusal(BiasUpdate(width: 16), BiasUpdate(width: 16))
        == "bitfit and bitfit can't be written: a file holds one adapter, these are 2")
    #expect(!FileManager.default.fileExists(atPath: target.path))
  }

  @Test func takenNames() {
    final class Impostor: StorableIntervention {
      var name: String { "loreft" }
      var sourceCount: Int { 0 }
      var parameters: [Parameter] { [] }
      static var methods: [String] { ["loreft"] }
      var storedTensors: [(name: String, tensor: Tensor)] { [] }
      init(from stored: StoredIntervention) throws {}
      func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { base }
    }
    #expect(
      line { try StorableInterventions.register(Impostor.self) }
        == "intervention: expected a name that no other kind has, found loreft")
  }

  /// The schedule is called once a step, also for one at several sites; noise is drawn in training
  /// alone.
  @Test func ownWayOfTraining() throws {
    let scheduled = Scheduled()
    let adapter = InterventionAdapter([
      PlacedIntervention(scheduled, at: .blockOutput(0, .every)),
      PlacedIntervention(scheduled, at: .blockOutput(1, .every)),
    ])
    let adapted = try AdaptedModel(TinyModels.safetensors(), adapters: [adapter])
    #expect(adapted.parameterCount == 3)
    #expect(abs((adapter.penalty?.scalar ?? 0) + 16) < 1e-5)
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.evaluationInterval) = (2, 2, 1)
    let tuner = FineTuner(settings: settings)
    _ = try tuner.loss(adapted, onTokens: examples)
    #expect(scheduled.draws == 0)
    var measured = 0.0
    let history = try tuner.train(
      adapted, onTokens: examples,
      development: .loss { _ in
        measured += 1
        return measured
      })
    #expect(scheduled.steps == [0, 1, 2, 3] && scheduled.draws >= 8)
    // The first measures are better, but not complete.
    #expect(history.best?.step == 3)
    // The penalty pulls all of the bias down.
    #expect(scheduled.bias.value.elements.reduce(0, +) < 0)
  }
}

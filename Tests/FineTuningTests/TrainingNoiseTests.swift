import InterchangeBasics
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Adds a constant, and keeps the rows that it is given: those of its site, or those that it reads.
private final class Recorder: AdditiveIntervention {
  let bias: Parameter
  let sourceWidth: Int?
  var seen: [[Float]] = []

  init(adding constant: Float = 0, sourceWidth: Int? = nil) {
    bias = Parameter("bias", Tensor(repeating: constant, shape: [16]))
    self.sourceWidth = sourceWidth
  }

  var name: String { "test-recorder" }
  var width: Int { 16 }
  var parameters: [Parameter] { [bias] }

  func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    seen.append((sources.first ?? base).detached.elements)
    return Tensor.zeros(base.shape).addingToRows(bias.tensor)
  }
}

/// The random numbers of a training step, as the papers have them.
@Suite struct TrainingNoiseTests {
  /// So small a rate that the parameters stay.
  private func settings(_ steps: Int) -> FineTuningSettings {
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (steps, 1, 1e-12)
    settings.warmup = 0
    return settings
  }

  /// What a recorder sees without noise, and in each of some training steps.
  private func seen(
    _ recorder: Recorder, in adapted: AdaptedModel, length: Int, _ settings: FineTuningSettings
  ) throws -> (plain: [Float], steps: [[Float]]) {
    let example = TokenizedExample(
      tokens: (0..<length).map { 3 + $0 * 5 % 40 }, promptLength: length - 1)
    let tuner = FineTuner(settings: settings)
    _ = try tuner.loss(adapted, onTokens: [example])
    let plain = try #require(recorder.seen.first)
    recorder.seen = []
    try tuner.train(adapted, onTokens: [example])
    #expect(recorder.seen.count == settings.epochs)
    return (plain, recorder.seen)
  }

  /// NEFTune: uniform in ±α/√(L·d), fresh every step, of the sequence's own length.
  @Test(arguments: [(4, 5.0), (9, 5.0), (9, 15.0)])
  func embeddingNoise(length: Int, alpha: Double) throws {
    let recorder = Recorder()
    let adapted = try AdaptedModel(
      TinyModels.safetensors(),
      [PlacedIntervention(recorder, at: Site(.blockInput, layer: 0, .every))])
    var settings = settings(60)
    settings.embeddingNoise = alpha
    let (plain, steps) = try seen(recorder, in: adapted, length: length, settings)
    let noise = steps.map { zip($0, plain).map { Double($0 - $1) } }
    let bound = alpha / Double(length * 16).squareRoot()
    let all = noise.flatMap { $0 }
    let largest = try #require(all.map(abs).max())
    // Over 2,800 draws; float32 sums at the end of the range.
    #expect(largest <= bound * 1.00001 && largest > 0.99 * bound)
    let count = Double(all.count)
    // The deviations of mean and mean square are 1/√(3n) and √(4/45n) of the bound.
    #expect(abs(all.reduce(0, +) / count) < 4 * bound / (3 * count).squareRoot())
    let square = all.reduce(0) { $0 + $1 * $1 } / count
    #expect(abs(square - bound * bound / 3) < 4 * bound * bound * (4 / (45 * count)).squareRoot())
    #expect(Set(noise).count == steps.count)
  }

  /// Dropout of an edit: each number of the change is 0 or 1/(1 − p) of itself, never a number of
  /// the hidden vector.
  @Test(arguments: [0.25, 0.6])
  func dropoutOfTheChange(rate: Double) throws {
    let recorder = Recorder()
    let adapted = try AdaptedModel(
      TinyModels.safetensors(),
      [
        PlacedIntervention(
          Recorder(adding: 2), at: Site(.blockOutput, layer: 0, .every), dropout: rate),
        PlacedIntervention(recorder, at: Site(.blockInput, layer: 1, .every)),
      ])
    let (plain, steps) = try seen(recorder, in: adapted, length: 5, settings(40))
    try check(
      steps.flatMap { zip($0, plain).map { $0 - $1 + 2 } }, of: Array(repeating: 2, count: 40 * 64),
      rate)
    #expect(Set(steps).count == steps.count)
  }

  /// Dropout of what an edit reads.
  @Test(arguments: [0.25, 0.6])
  func dropoutOfTheInput(rate: Double) throws {
    let model = try TinyModels.safetensors()
    let width = try model.network.width(of: Site(.mlpInput, layer: 1))
    let recorder = Recorder(sourceWidth: width)
    let adapted = try AdaptedModel(
      model,
      [
        PlacedIntervention(
          recorder, at: Site(.mlpOutput, layer: 1, .every), reading: .mlpInput, dropout: rate)
      ])
    let (plain, steps) = try seen(recorder, in: adapted, length: 5, settings(40))
    try check(steps.flatMap { $0 }, of: steps.flatMap { _ in plain }, rate)
  }

  private func check(_ found: [Float], of whole: [Float], _ rate: Double) throws {
    #expect(found.count == whole.count && found.count > 2000)
    var dropped = 0
    for (found, whole) in zip(found, whole) {
      if abs(found) < 1e-5 {
        dropped += 1
      } else {
        // Differences of float32 numbers of size 3.
        #expect(abs(found - whole / Float(1 - rate)) < 1e-5 * max(1, abs(found)))
      }
    }
    // Five deviations of so many draws.
    let share = Double(dropped) / Double(found.count)
    #expect(abs(share - rate) < 5 * (rate * (1 - rate) / Double(found.count)).squareRoot())
  }
}

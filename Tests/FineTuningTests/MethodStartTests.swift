import InterchangeBasics
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The factors and the starts that methods give their updates.
@Suite struct MethodStartTests {
  private func made<T: Intervention>(
    _ choices: String, as type: T.Type
  ) throws -> [T] {
    let model = try TinyModels.safetensors()
    let choices = try MethodChoices(parsing: choices)
    var (configuration, settings) = (
      AdapterConfiguration(method: choices.method), FineTuningSettings()
    )
    try choices.apply(to: &configuration, &settings)
    let adapter = try configuration.makeAdapter(for: model, seed: 3)
    let found = try #require(adapter as? InterventionAdapter).interventions
      .compactMap { $0.intervention as? T }
    #expect(!found.isEmpty)
    return found
  }

  /// LoRA's factor is α/r; α is twice the rank when nothing is said.
  @Test(arguments: [("lora:rank=4:alpha=6", 1.5), ("lora:rank=2", 2), ("lora:rank=8:alpha=8", 1)])
  func lowRankScales(choices: String, scale: Float) throws {
    for update in try made(choices, as: LowRankUpdate.self) { #expect(update.scale == scale) }
  }

  /// A uniform in ±1/√(input width), B zero.
  @Test func lowRankStart() throws {
    for update in try made("lora:rank=8:projections=all", as: LowRankUpdate.self) {
      let bound = 1 / Float(update.down.value.width).squareRoot()
      let largest = update.down.value.elements.map(abs).max() ?? 0
      // Over 128 draws or more.
      #expect(largest <= bound && largest > 0.9 * bound)
      #expect(update.up.value.elements.allSatisfy { $0 == 0 })
    }
  }

  /// An adapter's factor is α itself; D is normal of the deviation 1/√(input width).
  @Test(arguments: [("serial-adapter", 1), ("parallel-adapter:alpha=4", 4)] as [(String, Float)])
  func adapterStart(choices: String, scale: Float) throws {
    for adapter in try made(choices + ":rank=4", as: Bottleneck.self) {
      #expect(adapter.scale == scale)
      let numbers = adapter.down.value.elements.map(Double.init)
      let square = numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)
      let expected = 1 / Double(adapter.down.value.width)
      // Five deviations of a mean square are 5 √(2/n).
      #expect(abs(square / expected - 1) < 5 * (2 / Double(numbers.count)).squareRoot())
      #expect(adapter.up.value.elements.allSatisfy { $0 == 0 })
    }
  }

  /// Random soft tokens have the deviation of embeddings that are drawn from the vocabulary.
  @Test func randomSoftTokens() throws {
    let model = try TinyModels.safetensors()
    func meanSquare(_ start: SoftTokens.Initialization) throws -> Double {
      var generator = RandomGenerator(seed: 9)
      let numbers = try SoftTokens(
        .prompt, count: 100, for: model, initialization: start, using: &generator
      ).vectors.elements.map(Double.init)
      #expect(numbers.count == 1600)
      return numbers.reduce(0) { $0 + $1 * $1 } / 1600
    }
    // The same draws first. Five deviations of a mean square are 5 √(2/n).
    let ratio = try meanSquare(.random) / meanSquare(.vocabulary)
    #expect(abs(ratio - 1) < 5 * (2.0 / 1600).squareRoot())
  }
}

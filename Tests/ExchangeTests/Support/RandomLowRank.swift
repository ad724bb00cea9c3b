import InterchangeBasics
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import Testing

/// Low-rank updates of projections, by default of all that the architecture has, with random
/// factors.
func randomLowRank(
  _ model: LanguageModel, _ projections: String = "all"
) throws -> InterventionAdapter {
  var configuration = AdapterConfiguration(method: "lora")
  try configuration.set(.projections, to: projections)
  configuration.rank = 2
  let adapter = try #require(
    try configuration.makeAdapter(for: model, seed: 3) as? InterventionAdapter)
  var generator = RandomGenerator(seed: 11)
  for parameter in adapter.parameters {
    parameter.value = .normal(parameter.value.shape, deviation: 0.2, using: &generator)
  }
  return adapter
}

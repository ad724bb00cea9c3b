import InterchangeModels

/// Nothing at all inside the model: with a head for labels a probe of the frozen model, the floor
/// of every comparison.
enum ProbeMethod: AdapterMethod {
  static let names = ["probe"]
  static let summary = "Nothing inside the model: a head on its frozen vectors."
  static let choices: [AdapterChoice] = []

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) -> any Adapter {
    InterventionAdapter([])
  }
}

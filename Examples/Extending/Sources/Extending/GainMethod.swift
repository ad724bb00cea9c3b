import Interchange

/// A method with an option of its own and a range that a search varies: gains on the blocks'
/// outputs, all equal at the start.
enum GainMethod: AdapterMethod {
  static let names = ["gain"]
  static let summary = "Hidden vectors times a trained gain for each coordinate."
  static let choices: [AdapterChoice] = [
    .layers, .component.defaulting(to: Component.blockOutput),
    .positions.defaulting(to: Positions.every), .start.defaulting(to: 1.0),
  ]

  static func searched(_ name: String) -> [MethodSpace.Axis] {
    [MethodSpace.Axis(.start, ["0.5", "1", "2"]), .rate]
  }

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    let start = Float(try configuration.value(.start, as: Double.self))
    return try placedInterventions(configuration, base) { site, _ in
      Gain(gains: Tensor(repeating: start, shape: [try base.width(of: site)]))
    }
  }
}

extension AdapterChoice {
  static let start = number(
    "gain", "The gain at the start.", valueName: "g", range: "above 0"
  ) { $0 > 0 }
}

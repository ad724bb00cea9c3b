import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// Soft tokens before the input (prompt tuning, arXiv 2104.08691; P-tuning, arXiv 2103.10385) or before
/// the keys and values of every layer (prefix tuning, arXiv 2101.00190).
enum SoftTokensMethod: AdapterMethod {
  static let names = SoftTokens.Form.allCases.map(\.rawValue)
  static let choices: Set<AdapterChoice> = [.tokens, .initialization, .encoderWidth, .members]

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    guard let form = SoftTokens.Form(rawValue: configuration.method) else {
      programmerError("SoftTokensMethod: \(configuration.method)")
    }
    let count = configuration.tokens ?? (form == .prefix ? 10 : 20)
    guard (1...base.model.architecture.maximumLength / 2).contains(count) else {
      throw FineTuningError.invalidSetting(
        name: "tokens", expected: "1 to \(base.model.architecture.maximumLength / 2)",
        found: "\(count)")
    }
    if let width = configuration.encoderWidth, !(0...1 << 16).contains(width) {
      throw FineTuningError.invalidSetting(
        name: "encoder-width", expected: "0 to 65536", found: "\(width)")
    }
    if form != .prompt, configuration.initialization != nil {
      throw FineTuningError.invalidSetting(
        name: "start", expected: "nothing, as \(form.rawValue)'s encoder starts at random",
        found: "a choice")
    }
    let members = configuration.members ?? 1
    guard members == 1 || (form == .prompt && (1...1024).contains(members)) else {
      throw FineTuningError.invalidSetting(
        name: "members", expected: form == .prompt ? "1 to 1024" : "1, as only prompts vote",
        found: "\(members)")
    }
    var generator = RandomGenerator(seed: seed)
    return try SoftTokens(
      form, count: count, for: base, initialization: configuration.initialization ?? .vocabulary,
      encoderWidth: configuration.encoderWidth, members: members, using: &generator)
  }
}

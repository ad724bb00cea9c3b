import InterchangeBasics
import InterchangeModels
import InterchangeTensors

extension AdapterChoice {
  /// The number of soft tokens.
  public static let tokens = integer(
    "tokens", "Soft tokens of prompt, prefix and P-tuning.", range: "1 to half the model's context")

  /// The start of soft tokens.
  public static let initialization = AdapterChoice(
    "start", key: "initialization", "Soft tokens start: random, vocabulary, or a text's.",
    valueName: "how", form: "random, vocabulary or a text",
    read: { SoftTokens.Initialization(parsing: $0) }, show: { $0.description })

  /// The width of the network that makes the soft tokens while they are trained.
  public static let encoderWidth = integer(
    "encoder-width", key: "encoderWidth",
    "Width of the network that makes the soft tokens; 0: none.", range: "0 to 65536"
  ) { (0...1 << 16).contains($0) }

  /// The number of prompts that are trained side by side and vote.
  public static let members = integer(
    "members", "Prompts that are trained side by side and vote.", range: "1 to 1024"
  ) { (1...1024).contains($0) }
}

extension AdapterConfiguration {
  /// The number of soft tokens.
  public var tokens: Int? {
    get { self[.tokens] }
    set { self[.tokens] = newValue }
  }
  /// The start of soft tokens: nothing but noise, tokens of the vocabulary, or those of a text.
  public var initialization: SoftTokens.Initialization? {
    get { self[.initialization] }
    set { self[.initialization] = newValue }
  }
  /// The width of the network that makes the soft tokens while they are trained; 0 trains them
  /// directly.
  public var encoderWidth: Int? {
    get { self[.encoderWidth] }
    set { self[.encoderWidth] = newValue }
  }
  /// The number of prompts that are trained side by side and vote.
  public var members: Int? {
    get { self[.members] }
    set { self[.members] = newValue }
  }
}

/// Soft tokens before the input (prompt tuning, arXiv 2104.08691; P-tuning, arXiv 2103.10385) or
/// before the keys and values of every layer (prefix tuning, arXiv 2101.00190).
enum SoftTokensMethod: AdapterMethod {
  static let names = SoftTokens.Form.allCases.map(\.rawValue)
  static let summary = """
    Trained tokens before the input (arXiv 2104.08691, 2103.10385), or keys and values before \
    every layer's (arXiv 2101.00190).
    """
  static let choices: [AdapterChoice] = [
    .tokens.defaulting(to: "20; of a prefix 10") { configuration, _ in
      form(configuration) == .prefix ? 10 : 20
    },
    .initialization.defaulting(to: "vocabulary, of prompts") { configuration, _ in
      form(configuration) == .prompt ? SoftTokens.Initialization.vocabulary : nil
    },
    .encoderWidth.defaulting(to: "the model's; of prompts none") { configuration, base in
      form(configuration) == .prompt ? nil : base.architecture.width
    },
    .members.defaulting(to: 1),
  ]

  static func searched(_ name: String) -> [MethodSpace.Axis] {
    guard name == SoftTokens.Form.prompt.rawValue else {
      return [MethodSpace.Axis(.tokens, ["5", "10", "20"]), .rate]
    }
    return [
      MethodSpace.Axis(.tokens, ["5", "20", "50"]),
      MethodSpace.Axis(.initialization, ["random", "vocabulary"]), .rate,
    ]
  }

  private static func form(_ configuration: AdapterConfiguration) -> SoftTokens.Form? {
    SoftTokens.Form(rawValue: configuration.method)
  }

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    guard let form = form(configuration) else {
      programmerError("SoftTokensMethod: \(configuration.method)")
    }
    let count: Int = try configuration.value(.tokens)
    let most = base.architecture.maximumLength / 2
    guard count >= 1, count <= most else {
      throw FineTuningError.invalidSetting(
        name: "tokens", expected: "1 to \(most)", found: "\(count)")
    }
    if form != .prompt, configuration.initialization != nil {
      throw FineTuningError.invalidSetting(
        name: "start", expected: "nothing, as \(form.rawValue)'s encoder starts at random",
        found: "a choice")
    }
    let members: Int = try configuration.value(.members)
    guard members == 1 || form == .prompt else {
      throw FineTuningError.invalidSetting(
        name: "members", expected: "1, as only prompts vote", found: "\(members)")
    }
    var generator = RandomGenerator(seed: seed)
    return try SoftTokens(
      form, count: count, for: base, initialization: configuration.initialization ?? .vocabulary,
      encoderWidth: configuration.encoderWidth, members: members, using: &generator)
  }
}

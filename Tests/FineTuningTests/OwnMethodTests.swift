import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

extension AdapterChoice {
  fileprivate static let strength = number(
    "strength", "How strongly it begins.", valueName: "s", range: "0 or more"
  ) { $0 >= 0 }
}

/// A method from outside the package: a bias that begins at a chosen number.
private enum StrengthMethod: AdapterMethod {
  static let names = ["test-strength"]
  static let summary = "A bias on every block's output."
  static let choices: [AdapterChoice] = [
    .layers, .component.defaulting(to: Component.blockOutput),
    .positions.defaulting(to: Positions.every), .strength.defaulting(to: 0.5),
  ]

  static func searched(_ name: String) -> [MethodSpace.Axis] {
    [MethodSpace.Axis(.strength, ["0", "1"]), .rate]
  }

  static func make(
    _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
    inputs: AdapterInputs
  ) throws -> any Adapter {
    let strength = Float(try configuration.value(.strength, as: Double.self))
    return try placedInterventions(configuration, base) { site, _ in
      BiasUpdate(bias: Tensor(repeating: strength, shape: [try base.width(of: site)]))
    }
  }
}

/// Methods, their choices and their defaults.
@Suite struct OwnMethodTests {
  @Test func registeredMadeAndSearched() throws {
    try AdapterMethods.register(StrengthMethod.self)
    try AdapterMethods.register(StrengthMethod.self)
    #expect(AdapterConfiguration.methodNames.count { $0 == "test-strength" } == 1)
    let model = try TinyModels.safetensors()
    var configuration = AdapterConfiguration(method: "test-strength")
    try configuration.set("strength", to: "2")
    try configuration.set("layers", to: "1")
    let adapter = try #require(
      configuration.makeAdapter(for: model) as? InterventionAdapter)
    let bias = try #require(adapter.interventions[0].intervention as? BiasUpdate)
    #expect(adapter.interventions.count == 1 && bias.bias.value.elements[0] == 2)
    #expect(
      line { try configuration.set("strength", to: "-1") }
        == "strength: expected 0 or more, found -1.0")
    let space = try MethodSpace(parsing: "test-strength")
    #expect(space.count == 8 && space[1].description == "test-strength:strength=1:rate=3e-4")
    #expect(
      line { _ = try MethodSpace(parsing: "test-strength:strength=1/-1") }
        == "strength: expected 0 or more, found -1.0")
    // A record of it is read as it was written.
    let record = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(AdapterConfiguration.self, from: record) == configuration)
  }

  @Test func takenNames() {
    enum Impostor: AdapterMethod {
      static let names = ["red"]
      static let summary = ""
      static let choices: [AdapterChoice] = []
      static func make(
        _ configuration: AdapterConfiguration, for base: LanguageModel, seed: UInt64,
        inputs: AdapterInputs
      ) -> any Adapter { InterventionAdapter([]) }
    }
    #expect(
      line { try AdapterMethods.register(Impostor.self) }
        == "method: expected a name that no other method has, found red")
  }

  @Test func misspelledNames() throws {
    var configuration = AdapterConfiguration(method: "lora")
    #expect(
      line { try configuration.set("rnak", to: "2") }
        == "lora: expected layers, projections, rank, alpha, dropout, found rnak; did you mean rank?"
    )
    #expect(
      line { try configuration.set("tokens", to: "2") }
        == "tokens: expected nothing, as lora has no such choice, found a choice")
    // A value that chooses nothing is everybody's.
    try configuration.set("separate", to: "false")
    let model = try TinyModels.safetensors()
    #expect(
      line { _ = try AdapterConfiguration(method: "loerft").makeAdapter(for: model) }?
        .contains("found loerft; did you mean loreft") == true)
    configuration.tokens = 3
    #expect(
      line { _ = try configuration.makeAdapter(for: model) }
        == "tokens: expected nothing, as lora has no such choice, found a choice")
  }

  /// Records as earlier versions wrote them, and as they are written now.
  @Test(arguments: [
    #"{"dropout":0.1,"method":"loreft","positions":{"firstAndLast":{"_0":1,"_1":1}},"rank":2}"#,
    #"{"alpha":16,"layers":{"all":{}},"method":"lora","projections":["query","value"],"rank":8}"#,
    #"{"component":"mlp_output","isTied":false,"method":"red"}"#,
    #"{"encoderWidth":4,"initialization":{"text":{"_0":"yes"}},"members":1,"method":"prompt-tuning","tokens":3}"#,
    #"{"method":"diff-pruning","penalty":1e-07,"share":0.01}"#,
    #"{"coefficient":-1.5,"layers":{"layers":{"_0":[1,2]}},"method":"steering"}"#,
    #"{"depth":[1,{"a":null}],"method":"from-elsewhere","rank":2}"#,
  ])
  func records(json: String) throws {
    let read = try JSONDecoder().decode(AdapterConfiguration.self, from: Data(json.utf8))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    #expect(String(decoding: try encoder.encode(read), as: UTF8.self) == json)
  }

  @Test func recordsMeanWhatTheySay() throws {
    let json = #"{"component":"mlp_output","isTied":false,"method":"red","rank":null}"#
    let read = try JSONDecoder().decode(AdapterConfiguration.self, from: Data(json.utf8))
    #expect(read.component == .mlpOutput && read.isTied == false && read.rank == nil)
    var same = AdapterConfiguration(method: "red")
    (same.component, same.isTied) = (.mlpOutput, false)
    #expect(read == same)
  }

  /// Every default is filled in, and what is made of the whole is the same.
  @Test(arguments: [
    "loreft", "nodireft", "red", "lora", "serial-adapter", "parallel-adapter", "diff-pruning",
    "full", "prompt-tuning", "p-tuning", "prefix-tuning", "probe", "reft-r1",
  ])
  func effective(method: String) throws {
    let model = try TinyModels.safetensors()
    let configuration = AdapterConfiguration(method: method)
    let full = try configuration.effective(for: model)
    #expect(try full.effective(for: model) == full)
    let (a, b) = (
      try configuration.makeAdapter(for: model, seed: 1), try full.makeAdapter(for: model, seed: 1)
    )
    #expect(a.parameters.map(\.value.elements) == b.parameters.map(\.value.elements))
    let prompts = [[5, 9, 2, 14, 7, 8, 3, 1]]
    #expect(
      try AdaptedModel(model, adapters: [a]).lastLogits(prompts).elements
        == AdaptedModel(model, adapters: [b]).lastLogits(prompts).elements)
  }

  @Test func effectiveValues() throws {
    let model = try TinyModels.safetensors()
    var lora = AdapterConfiguration(method: "lora")
    lora.rank = 3
    let full = try lora.effective(for: model)
    #expect(full.alpha == 6 && full.projections == [.query, .value] && full.dropout == 0)
    #expect(full.layers == .all && full.positions == nil && full.tokens == nil)
    let prefix = try AdapterConfiguration(method: "prefix-tuning").effective(for: model)
    #expect(prefix.tokens == 10 && prefix.encoderWidth == 16 && prefix.initialization == nil)
    let loreft = try AdapterConfiguration(method: "loreft").effective(for: model)
    #expect(loreft.positions == .firstAndLast(7, 7) && loreft.rank == 4 && loreft.isTied == true)
  }

  /// Each default's text is one that can be chosen, where it is a value.
  @Test func defaultsAreChoices() throws {
    for method in AdapterMethods.all {
      #expect(!method.summary.isEmpty)
      for choice in method.choices {
        #expect(!choice.help.isEmpty && !choice.range.isEmpty && !choice.defaultText.isEmpty)
      }
      for name in method.names { _ = try MethodSpace(parsing: name) }
    }
  }
}

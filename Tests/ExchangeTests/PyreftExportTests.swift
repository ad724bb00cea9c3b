import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeExchange
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Adapters of the ReFT family as folders of pyreft's.
@Suite struct PyreftExportTests {
  private static let prompts = [[5, 6, 7, 8, 9], [20, 6, 33, 18, 2, 30, 9], [11, 12, 13, 14]]

  /// A choice of what a folder has to hold.
  struct Choice: CustomTestStringConvertible, Sendable {
    let form: ReFT.Form
    var positions = Positions.firstAndLast(2, 2)
    var isTied = true
    var component = Component.blockOutput
    var activation: Activation?
    var rank = 3
    var model = "llama-gqa"
    var testDescription: String {
      "\(form) \(model) \(component) \(positions) \(isTied ? "tied" : "untied") \(rank)"
    }
  }

  static let choices: [Choice] =
    ReFT.Form.allCases.flatMap { form in
      [
        Choice(form: form),
        Choice(form: form, isTied: false, activation: form.hasWeight ? .geluTanh : nil),
        Choice(form: form, positions: .last(1), component: .mlpOutput, rank: 16),
      ]
    } + [
      Choice(form: .loreft, positions: .first(2), component: .attentionOutput, activation: .relu),
      Choice(form: .direft, component: .blockInput, activation: .reluSquare),
      // One that pyvene doesn't know, whose places are paths.
      Choice(form: .loreft, component: .blockOutput, model: "phi"),
      Choice(form: .noreft, component: .mlpOutput, model: "phi"),
    ]

  /// An adapter with random numbers in all of its tensors, and its model.
  private func adapter(
    _ choice: Choice, in place: URL
  ) throws -> (adapter: InterventionAdapter, model: LanguageModel, folder: URL) {
    let isTiny = choice.model == "llama-gqa"
    let model =
      isTiny
      ? try TinyModels.safetensors()
      : try ArchitectureFixtures.languageModel(choice.model, in: place)
    var configuration = AdapterConfiguration(method: choice.form.rawValue)
    configuration.positions = choice.positions
    configuration.isTied = choice.isTied
    configuration.component = choice.component
    configuration.activation = choice.activation
    configuration.rank = min(choice.rank, model.architecture.width)
    let adapter = try #require(
      try configuration.makeAdapter(for: model, seed: 5) as? InterventionAdapter)
    var generator = RandomGenerator(seed: 3)
    for parameter in adapter.parameters where parameter.name != "rotation" {
      parameter.value = .normal(parameter.value.shape, deviation: 0.3, using: &generator)
    }
    let folder =
      isTiny
      ? TinyModels.folder.appending(component: choice.model)
      : place.appending(component: choice.model)
    return (adapter, model, folder)
  }

  private func logits(_ model: LanguageModel, _ adapters: [any Adapter]) throws -> [Float] {
    try AdaptedModel(model, adapters: adapters).lastLogits(Self.prompts).elements
  }

  @Test(arguments: choices)
  func areReadBack(choice: Choice) throws {
    let place = try TemporaryFolder()
    let (adapter, model, _) = try adapter(choice, in: place.url)
    let expected = try logits(model, [adapter])
    let folder = place.url.appending(component: "pyreft")
    #expect(try ExportForms.form(for: adapter, of: model) == PyreftFolder.self)
    let remarks = try PyreftFolder.write(adapter, of: model, to: folder)
    #expect(remarks.count == 1 && remarks[0].contains("--positions \(choice.positions)"))
    #expect(PyreftFolder.isFolder(folder))

    let read = try PyreftFolder(contentsOf: folder).adapter(
      for: model, positions: choice.positions, activation: choice.activation)
    let tolerance = 40 * rounding(ofRun: expected)
    #expect(largestDifference(try logits(model, [read]), expected) < tolerance)
    #expect(largestDifference(try logits(model, []), expected) > 100 * tolerance)
  }

  /// pyreft's own folders, read and written again, are the same but for rounding: configuration,
  /// tensors and logits.
  @Test(arguments: ["loreft", "noreft-relu", "consreft", "consreft-square", "loreft-untied"])
  func pyreftsFoldersComeOutAgain(name: String) throws {
    let model = try TinyModels.safetensors()
    let expected = try PyreftFixtures.expected()
    let found = try #require(expected.cases.first { $0.folder == name })
    let original = PyreftFixtures.folder.appending(component: name)
    let adapter = try PyreftFolder(contentsOf: original).adapter(
      for: model, positions: Positions(parsing: found.positions), activation: found.activation)
    let place = try TemporaryFolder()
    try PyreftFolder.write(adapter, of: model, to: place.url)

    func fields(_ folder: URL) throws -> [String: JSONValue] {
      try ModelConfiguration(contentsOf: folder).fields.filter { $0.key != "transformers_version" }
    }
    #expect(try fields(place.url) == fields(original))
    for entry in try PyreftFolder(contentsOf: original).entries {
      let file = "intkey_\(entry.key).bin"
      func shapes(_ folder: URL) throws -> [String: [Int]] {
        let archive = try TorchArchive(contentsOf: folder.appending(component: file))
        return try Dictionary(
          uniqueKeysWithValues: archive.names.map { ($0, try archive.tensor(named: $0).shape) })
      }
      #expect(try shapes(place.url) == shapes(original))
    }
    let read = try PyreftFolder(contentsOf: place.url).adapter(
      for: model, positions: Positions(parsing: found.positions), activation: found.activation)
    // Logits of order one, float32 on both sides.
    #expect(try PyreftFixtures.distance(read, model, found, expected.prompts) < 1e-4)
  }

  @Test(.enabled(if: Peers.has("pyreft"), "needs pyreft, which `make bench` installs"))
  func pyreftGivesTheSameLogits() throws {
    let place = try TemporaryFolder()
    var places: [(model: URL, folder: URL)] = []
    var expected: [[Float]] = []
    for (index, choice) in Self.choices.enumerated() {
      let (adapter, model, source) = try adapter(
        choice, in: place.url.appending(component: "\(index)"))
      let folder = place.url.appending(component: "pyreft\(index)")
      try PyreftFolder.write(adapter, of: model, to: folder)
      places.append((source, folder))
      expected.append(try logits(model, [adapter]))
    }
    let found = try Peers.logits(
      "interventions/logits_in_pyreft.py", Self.prompts, places)
    for (choice, (found, expected)) in zip(Self.choices, zip(found, expected)) {
      let size = expected.map(abs).max() ?? 0
      #expect(largestDifference(found, expected) < 1e-5 * size, "\(choice.testDescription)")
    }
  }

  /// An adapter that pyreft can't hold is refused by its name, and nothing is written.
  @Test func refusals() throws {
    let place = try TemporaryFolder()
    let model = try TinyModels.safetensors()
    func refusal(_ interventions: [PlacedIntervention], _ base: LanguageModel? = nil) -> String? {
      line {
        try PyreftFolder.write(
          InterventionAdapter(interventions), of: base ?? model,
          to: place.url.appending(component: "out"))
      }
    }
    func placed(_ site: Site, width: Int = 16, _ activation: Activation? = nil) throws
      -> PlacedIntervention
    {
      let rotation = try Rotation.random(rank: 2, width: width, seed: 1)
      return PlacedIntervention(ReFT(rotation: rotation, activation: activation), at: site)
    }
    #expect(
      refusal([PlacedIntervention(RepresentationEditing(width: 16), at: .blockOutput(0, .last))])
        == "pyreft: expected loreft, noreft, consreft, lobireft, direft, nodireft at positions of "
        + "the prompt, found red")
    #expect(
      refusal([try placed(Site(.residualMiddle, layer: 0, .last))])?
        .hasSuffix("found resid_mid") == true)
    #expect(
      refusal([try placed(Site(.queryOutput, layer: 0, head: 1, .last), width: 4)])?
        .hasPrefix("pyreft: expected whole vectors, found one head's part") == true)
    #expect(
      refusal([try placed(.blockOutput(0, .every))])
        == "pyreft: expected positions of the prompt, as pyreft edits either those or the "
        + "generated ones, found every")
    #expect(
      refusal([try placed(.blockOutput(0, .last)), try placed(.blockOutput(1, .first(1)))])
        == "pyreft: expected the same positions at every place, found -1, f1")
    #expect(
      refusal([try placed(.blockOutput(0, .last(1))), try placed(.blockOutput(0, .first(1)))])?
        .hasSuffix("found l1 and f1") == true)
    #expect(
      refusal([try placed(.blockOutput(0, .last), .relu), try placed(.blockOutput(1, .last))])
        == "pyreft: expected one activation function for all, found 2")
    let gemma = try ArchitectureFixtures.languageModel("gemma2", in: place.url)
    let width = gemma.architecture.width
    #expect(
      refusal([try placed(Site(.mlpOutput, layer: 0, .last), width: width)], gemma)
        == "pyreft: expected a component that means the same in pyvene, found mlp_output of "
        + "gemma2, which in pyvene is mlp_projection")
    #expect(!FileManager.default.fileExists(atPath: place.url.path + "/out"))
    // A model's configuration isn't overwritten.
    let configuration = place.url.appending(component: "config.json")
    try Data("{\"model_type\": \"llama\"}".utf8).write(to: configuration)
    let message = line {
      try PyreftFolder.write(
        InterventionAdapter([try placed(.blockOutput(0, .last))]), of: model, to: place.url)
    }
    #expect(message?.contains("config.json of something else") == true)
  }

  /// A folder of pyreft's whose component means another one in this model.
  @Test func anotherMeaningIsNotImported() throws {
    let place = try TemporaryFolder()
    let gemma = try ArchitectureFixtures.languageModel("gemma2", in: place.url)
    let folder = PyreftFixtures.folder.appending(component: "consreft")
    let message = line {
      _ = try PyreftFolder(contentsOf: folder).adapter(for: gemma, positions: .last)
    }
    #expect(
      message?.hasSuffix(
        "expected a component that means the same here, found attention_output of gemma2, which in "
          + "pyvene is attention_projection") == true, "\(message ?? "")")
  }
}

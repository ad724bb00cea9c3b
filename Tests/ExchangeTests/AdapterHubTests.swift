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

/// Bottleneck adapters in the adapters library's form.
@Suite struct AdapterHubTests {
  struct Expected: Decodable {
    struct Case: Decodable {
      let folder, model: String
      let logits: [[Float]]
    }
    let prompts: [[Int]]
    let cases: [Case]
  }

  private static let fixtures = TinyModels.folder.deletingLastPathComponent()
  private static let folder = fixtures.appending(component: "adapterhub")

  private func expected() throws -> Expected {
    let data = try Data(contentsOf: Self.folder.appending(component: "expected.json"))
    return try JSONDecoder().decode(Expected.self, from: data)
  }

  private func model(_ path: String, in place: URL) throws -> LanguageModel {
    let name = URL(filePath: path).lastPathComponent
    guard path.hasPrefix("models/") else {
      return try ArchitectureFixtures.languageModel(name, in: place)
    }
    // The encoders have no tokenizer; their vocabulary has as many tokens.
    return try LanguageModel(
      ModelFamilies.architecture(in: ModelFolder(Self.fixtures.appending(path: path))),
      tokenizer: TinyModels.safetensors().tokenizer, name: name)
  }

  /// The library's folders give its logits; written again they are the same folders.
  @Test func logitsAreTheLibrarys() throws {
    let expected = try expected()
    for found in expected.cases {
      let place = try TemporaryFolder()
      let model = try model(found.model, in: place.url)
      let original = Self.folder.appending(component: found.folder)
      func distance(_ folder: URL) throws -> Float {
        let adapted = try AdaptedModel(
          contentsOf: folder.path, base: model, foreign: ForeignAdapters.all)
        return largestDifference(
          try adapted.lastLogits(expected.prompts).elements, found.logits.flatMap { $0 })
      }
      // Logits of order one, float32 on both sides.
      #expect(try distance(original) < 1e-4, "\(found.folder)")

      let adapter = try AdapterHubFolder(contentsOf: original).adapter(for: model)
      #expect(try ExportForms.form(for: adapter, of: model) == AdapterHubFolder.self)
      let written = place.url.appending(component: "written")
      _ = try AdapterHubFolder.write(adapter, of: model, to: written)
      #expect(try distance(written) < 1e-4, "\(found.folder), written again")
      try expectSameFields(written, original)
    }
  }

  /// The fields that are written are the library's, but for the scale, which is in the tensors.
  private func expectSameFields(_ written: URL, _ original: URL) throws {
    func settings(_ folder: URL) throws -> [String: JSONValue] {
      let file = try ModelConfiguration(
        contentsOf: folder.appending(component: "adapter_config.json"))
      return try #require(try file.sectionIfPresent("config")).fields
    }
    let (own, theirs) = (try settings(written), try settings(original))
    for (field, value) in own {
      let other = theirs[field] ?? .null
      if let number = Double(json: value), let expected = Double(json: other) {
        #expect(abs(number - expected) < 1e-12 * expected || number == expected, "\(field)")
      } else if value != .string("gelu_pytorch_tanh") {
        #expect(value == other, "\(field)")
      }
    }
  }

  @Test(.enabled(if: Peers.has("adapters"), "needs the adapters library"))
  func theLibraryGivesTheSameLogits() throws {
    let expected = try expected()
    let place = try TemporaryFolder()
    var places: [(model: URL, folder: URL)] = []
    for found in expected.cases {
      let model = try model(found.model, in: place.url)
      let folder = place.url.appending(component: found.folder + "-written")
      let adapter = try AdapterHubFolder(
        contentsOf: Self.folder.appending(component: found.folder)
      ).adapter(for: model)
      _ = try AdapterHubFolder.write(adapter, of: model, to: folder)
      places.append((Self.fixtures.appending(path: found.model), folder))
    }
    let logits = try Peers.logits("adapterhub/logits_in_adapters.py", expected.prompts, places)
    for (found, logits) in zip(expected.cases, logits) {
      let own = found.logits.flatMap { $0 }
      #expect(largestDifference(logits, own) < 1e-5 * (own.map(abs).max() ?? 0), "\(found.folder)")
    }
  }

  @Test func refusals() throws {
    let place = try TemporaryFolder()
    let model = try TinyModels.safetensors()
    func refusal(_ interventions: [PlacedIntervention], _ base: LanguageModel? = nil) -> String? {
      line {
        _ = try AdapterHubFolder.write(
          InterventionAdapter(interventions), of: base ?? model,
          to: place.url.appending(component: "out"))
      }
    }
    func bottleneck(_ rank: Int, isParallel: Bool = false) -> Bottleneck {
      var generator = RandomGenerator(seed: 1)
      return Bottleneck(
        rank: rank, inputWidth: 16, width: 16, activation: .relu, scale: 1, isParallel: isParallel,
        using: &generator)
    }
    let parallel = PlacedIntervention(
      bottleneck(2, isParallel: true), at: Site(.mlpOutput, layer: 0, .every), reading: .mlpInput)
    #expect(
      refusal([parallel])
        == "adapterhub: expected a serial adapter, as the library's parallel ones read the "
        + "residual stream of llama before the norm, found a parallel one, which reads mlp_input")
    #expect(
      refusal([
        PlacedIntervention(bottleneck(2), at: Site(.attentionInput, layer: 0, .every))
      ]) == "adapterhub: expected a place after the attention or the MLP, found attention_input")
    func serial(_ component: Component, _ layer: Int, rank: Int = 2) -> PlacedIntervention {
      PlacedIntervention(bottleneck(rank), at: Site(component, layer: layer, .every))
    }
    #expect(
      refusal([serial(.mlpOutput, 0), serial(.mlpOutput, 1, rank: 3)])?
        .contains("expected one rank, activation, dropout and kind of place for all") == true)
    #expect(
      refusal([serial(.mlpOutput, 0), serial(.attentionOutput, 1)])
        == "adapterhub: expected both places in the same layers, found others")
    let phi = try ArchitectureFixtures.languageModel("phi", in: place.url)
    #expect(
      refusal([serial(.mlpOutput, 0)], phi)
        == "adapterhub: expected a model among llama, mistral, gpt2, bert, roberta, found phi")
  }

  /// Fields that change what is computed, and tensors that don't fit, are refused by name.
  @Test(arguments: [
    ("\"use_gating\": false", "\"use_gating\": true", "config.use_gating"),
    ("\"ln_before\": false", "\"ln_before\": true", "config.ln_before"),
    ("\"inv_adapter\": null", "\"inv_adapter\": \"nice\"", "config.inv_adapter"),
    ("\"is_parallel\": false", "\"is_parallel\": true", "config.is_parallel"),
    ("\"non_linearity\": \"gelu\"", "\"non_linearity\": \"mish\"", "config.non_linearity"),
    ("\"hidden_size\": 16", "\"hidden_size\": 32", "hidden_size"),
    ("\"model_type\": \"llama\"", "\"model_type\": \"bert\"", "model_type"),
    ("\"scaling\": 1.0", "\"scaling\": \"learned\"", "scaling"),
    ("\"reduction_factor\": 5.33", "\"reduction_factor\": 0.0, \"x\": 5.33", "config."),
    ("\"reduction_factor\": 5.33", "\"reduction_factor\": 9.33", "adapter_down.0.weight"),
    ("\"leave_out\": [\n      1\n    ]", "\"leave_out\": []", "layers.1."),
    ("\"phm_layer\": false", "\"phm_layer\": false, \"unheard_of\": 3", "config.unheard_of"),
  ])
  func hostileConfigurations(original: String, changed: String, named: String) throws {
    let place = try TemporaryFolder()
    let source = Self.folder.appending(component: "llama-double")
    let folder = place.url.appending(component: "changed")
    try FileManager.default.copyItem(at: source, to: folder)
    let file = folder.appending(component: "adapter_config.json")
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    try #require(text.contains(original))
    try Data(text.replacing(original, with: changed, maxReplacements: 1).utf8).write(to: file)
    let model = try TinyModels.safetensors()
    let message = line { _ = try AdapterHubFolder.adapter(contentsOf: folder, for: model) }
    #expect(message?.contains(named) == true, "\(message ?? "nothing was thrown")")
  }
}

import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// An architecture and its family from outside the package.
@Suite struct OwnFamilyTests {
  private let temporary: TemporaryFolder
  private let folder: URL
  private let model: LanguageModel

  init() throws {
    temporary = try TemporaryFolder()
    folder = temporary.url.appending(component: "own")
    try Self.write(to: folder)
    ModelFamilies.register(MixerFamily.self)
    model = try LanguageModel(contentsOf: folder)
  }

  /// A mixer's folder: 3 layers of width 8 with random weights, and the tokenizer of a fixture.
  private static func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(
      """
      {"model_type": "mixer", "size": 8, "depth": 3, "words": 61, "longest": 32, "dtype": "float32"}
      """.utf8
    ).write(to: folder.appending(component: "config.json"))
    var generator = RandomGenerator(seed: 5)
    var tensors = [("words.weight", Tensor.normal([61, 8], using: &generator))]
    for layer in 0..<3 {
      for name in ["query", "key", "value"] {
        tensors.append(
          ("\(layer).\(name).weight", .normal([8, 8], deviation: 0.5, using: &generator)))
      }
      tensors.append(("\(layer).key.bias", .normal([8], using: &generator)))
    }
    try Safetensors.write(tensors, to: folder.appending(component: "model.safetensors"))
    try FileManager.default.copyItem(
      at: Fixtures.url("llama-gqa").appending(component: "tokenizer.json"),
      to: folder.appending(component: "tokenizer.json"))
  }

  private let inputs: [ModelInput] = [.tokens([3, 9, 27, 14, 5]), .tokens([8, 2, 60])]

  @Test func isRegisteredOnce() throws {
    ModelFamilies.register(MixerFamily.self)
    let names = ModelFamilies.all.flatMap { $0.names }
    #expect(names.filter { $0 == "mixer" }.count == 1)
    #expect(ModelFamilies.builtIn.allSatisfy { !$0.names.contains("mixer") })
  }

  @Test func itsFolderIsRead() throws {
    #expect(model.name == "own" && model.architecture.name == "mixer")
    #expect(try model.identity().hasPrefix("xxh64:"))
    let summary = try model.summary()
    #expect(summary.parameters == 61 * 8 + 3 * (3 * 64 + 8))
    #expect(summary.layers == 3 && summary.context == 32 && summary.sites.count == 11)
    #expect(model.architecture.hasBias(.key) && !model.architecture.hasBias(.query))
    #expect(model.architecture.weight(of: .value, layer: 2)?.shape == [8, 8])
    #expect(try model.network.generate([[3, 9]], options: .init(maximumTokens: 4))[0].count == 4)
  }

  /// An interchange in every layer: with the cone as without it, and not without an effect.
  @Test(arguments: [Component.blockOutput, .keyOutput, .attentionOutput], 0..<3)
  func anInterchange(component: Component, layer: Int) throws {
    let source = ModelInput.tokens([40, 41, 42])
    let positions = [[1], [0]]
    let taken = try model.run(
      Request([source], captures: [Cells(component, layer: layer, positions: [[1, 2]])])
    ).captures[0]
    let edit = Edit(Cells(component, layer: layer, positions: positions)) { _ in taken }
    let request = model.measuring(inputs, edits: [edit])
    let whole = try #require(try model.run(request).logits)
    let store = ActivationStore()
    for _ in 0..<2 {
      let cone = try #require(try model.run(request, store: store).logits)
      expectSame(cone, whole, "\(component.rawValue) \(layer)")
    }
    #expect(store.computed == 2 && store.requested == 4)
    let plain = try #require(try model.run(model.measuring(inputs)).logits)
    // Nothing above the last block reads another position's rows.
    let isSeen = layer < 2 || component == .keyOutput
    #expect((whole.elements != plain.elements) == isSeen)
  }

  @Test func itsWeightsChangeAndAreWritten() throws {
    var generator = RandomGenerator(seed: 6)
    let change = Tensor.normal([8, 8], using: &generator)
    let changes = [WeightChange(layer: 1, projection: .value, shape: [8, 8]) { change }]
    let changed = try model.adding(changes)
    let written = temporary.url.appending(component: "changed")
    try model.write(adding: changes, to: written)
    let read = try LanguageModel(contentsOf: written)
    let results = try [model, changed, read].map {
      try #require(try $0.network.run($0.network.measuring(inputs)).logits).elements
    }
    #expect(results[0] != results[1] && results[1] == results[2])
    #expect(throws: ModelError.self) {
      try model.adding([WeightChange(layer: 1, projection: .up, shape: [8, 8]) { change }])
    }
  }

  @Test func randomWeights() throws {
    let random = try model.randomlyInitialized(seed: 3).network.architecture
    var generator = RandomGenerator(seed: 3)
    _ = Tensor.normal([61, 8], using: &generator)
    let query = Tensor.normal([8, 8], deviation: 0.02, using: &generator)
    #expect(random.weight(of: .query, layer: 0)?.elements == query.elements)
    #expect(random.parameterCount == model.architecture.parameterCount)
  }

  @Test func aModelMadeInMemory() throws {
    let mixer = try #require(model.architecture as? Mixer)
    let made = try LanguageModel(mixer, tokenizer: model.tokenizer, name: "made.here")
    #expect(made.name == "made.here")
    #expect(
      try made.network.run(made.network.measuring(inputs)).logits?.elements
        == model.run(model.measuring(inputs)).logits?.elements)
    #expect(
      line { _ = try made.identity() }
        == "the model made.here was made in memory: it has no files to hash")
    #expect(
      line { try made.write(adding: [], to: temporary.url.appending(component: "none")) }
        == "the model made.here was made in memory: it has no files to write anew")
    var small = mixer.shape
    small.vocabulary = 60
    let refused = Mixer(small, words: mixer.words, blocks: mixer.blocks)
    #expect(
      line { _ = try LanguageModel(refused, tokenizer: model.tokenizer, name: "small") }
        == "small: the tokenizer doesn't match the model: its vocabulary has 61 tokens, "
        + "the embedding table 60 rows")
  }

  /// An architecture that doesn't list its weights runs, and refuses what needs the list.
  @Test func withoutAnInventory() throws {
    let unlisted = Unlisted(base: try #require(model.architecture as? Mixer))
    let made = try LanguageModel(unlisted, tokenizer: model.tokenizer, name: "unlisted")
    #expect(
      try made.network.run(made.network.measuring(inputs)).logits?.elements
        == model.run(model.measuring(inputs)).logits?.elements)
    #expect(made.architecture.parameterCount == 0)
    #expect(made.architecture.weight(of: .query, layer: 0) == nil)
    let error = ModelError.unlistedWeights(architecture: "mixer")
    #expect(throws: error) { try made.randomlyInitialized(seed: 1) }
    #expect(throws: error) { try made.adding([]) }
  }
}

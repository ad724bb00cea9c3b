import Foundation
import InterchangeHub
import InterchangeModels
import InterchangeTestSupport
import Testing

/// Models by path and by name, and what can be told of one without its weights.
@Suite struct ModelPlaceTests {
  private static let commit = String(repeating: "d", count: 40)
  private let folder: TemporaryFolder
  private let cache: HubCache

  init() throws {
    folder = try TemporaryFolder()
    cache = HubCache(folder.url.appending(component: "hub"))
  }

  /// Puts a fixture into the cache as if it had been fetched.
  private func add(_ repository: String, _ fixture: String, as file: String? = nil) throws -> URL {
    let url = cache.url.appending(component: "models--" + repository.replacing("/", with: "--"))
    let snapshot = url.appending(components: "snapshots", Self.commit)
    let files = FileManager.default
    let model = Fixtures.url(fixture)
    if let file {
      try files.createDirectory(at: snapshot, withIntermediateDirectories: true)
      try files.copyItem(at: model, to: snapshot.appending(component: file))
    } else {
      try files.createDirectory(
        at: snapshot.deletingLastPathComponent(), withIntermediateDirectories: true)
      try files.copyItem(at: model, to: snapshot)
    }
    try files.createDirectory(
      at: url.appending(component: "refs"), withIntermediateDirectories: true)
    try Data(Self.commit.utf8).write(to: url.appending(path: "refs/main"))
    return snapshot
  }

  @Test func byName() throws {
    let snapshot = try add("org/tiny", "llama-gqa")
    let place = try ModelPlace("org/tiny", cache: cache)
    #expect(place.url.path == snapshot.path && place.cached?.commit == Self.commit)
    let model = try LanguageModel(at: place)
    #expect(model.name == "tiny" && model.cached?.name == "org/tiny")
    #expect(model.url.path == snapshot.path)
    #expect(try model.randomlyInitialized(seed: 1).cached == model.cached)
    let path = try LanguageModel(Fixtures.url("llama-gqa").path)
    #expect(path.cached == nil && path.name == "llama-gqa")
    #expect(try model.identity() == path.identity())

    _ = try add("org/small", "llama-gqa.gguf", as: "small.Q4_1.gguf")
    let file = try LanguageModel(at: ModelPlace("org/small:q4_1", cache: cache))
    #expect(file.name == "small.Q4_1" && file.cached?.name == "org/small:small.Q4_1.gguf")
  }

  /// What is at the path comes first, whatever the cache has.
  @Test func byPath() throws {
    let file = Fixtures.url("llama-gqa.gguf").path
    #expect(try ModelPlace(file, cache: cache).cached == nil)
    #expect(throws: HubError.self) { try ModelPlace("org/nothing", cache: cache) }
    // What can't be a name is a path.
    let missing = try ModelPlace("/nowhere", cache: cache)
    #expect(missing.url.path == "/nowhere" && missing.cached == nil)
    #expect(try ModelPlace("models/nothing.gguf", cache: cache).cached == nil)
  }

  @Test func inspections() throws {
    let models = Fixtures.url("")
    let good = ModelInspection(of: models.appending(component: "llama-gqa"))
    #expect(good.architecture == "llama" && good.refusal == nil)
    let file = ModelInspection(of: models.appending(component: "llama-gqa.gguf"))
    #expect(file.architecture == "llama" && file.refusal == nil)
    #expect(ModelInspection(of: URL(filePath: "/nowhere")).refusal != nil)
    let snapshot = try add("org/tiny", "llama-gqa")
    let configuration = snapshot.appending(component: "config.json")
    let text = try String(contentsOf: configuration, encoding: .utf8)
    func refusal(_ changed: String) throws -> String {
      try Data(changed.utf8).write(to: configuration)
      return try #require(ModelInspection(of: snapshot).refusal)
    }
    #expect(
      try refusal(
        text.replacing("LlamaForCausalLM", with: "Qwert").replacing("\"llama\"", with: "\"q\"")
      )
      .contains("unknown architecture"))
    #expect(
      try refusal(text.replacing("\"mlp_bias\"", with: "\"qwert\": 1, \"mlp_bias\""))
        .contains("field \"qwert\""))
    try Data(text.utf8).write(to: configuration)
    try FileManager.default.removeItem(at: snapshot.appending(component: "model.safetensors"))
    #expect(try #require(ModelInspection(of: snapshot).refusal).contains("safetensors"))
  }
}

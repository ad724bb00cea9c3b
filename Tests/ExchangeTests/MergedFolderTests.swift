import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeExchange
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Models that are written with their updates in their weights.
@Suite struct MergedFolderTests {
  private let prompts = [[5, 9, 2, 14], [7], [3, 3, 8, 20, 11, 6]]

  private func adapter(_ method: String) throws -> any Adapter {
    try AdapterConfiguration(method: method).makeAdapter(for: TinyModels.safetensors(), seed: 3)
  }

  /// Random numbers in place of the zeros that a method starts with.
  private func disturb(_ adapter: any Adapter) {
    var generator = RandomGenerator(seed: 11)
    for parameter in adapter.parameters {
      parameter.value = .normal(parameter.value.shape, deviation: 0.3, using: &generator)
    }
  }

  /// A folder that was written with the changes is the merged model, whatever prefix its names
  /// have.
  @Test func mergedFolders() throws {
    let (place, encoder) = (try TemporaryFolder(), try TinyEncoder())
    for (index, model) in [try TinyModels.safetensors(), encoder.model].enumerated() {
      var configuration = AdapterConfiguration(method: "lora")
      try configuration.set(.projections, to: "query,key,value,output,up,down")
      let adapters = try ([3, 4] as [UInt64]).map { seed in
        let adapter = try configuration.makeAdapter(for: model, seed: seed)
        disturb(adapter)
        return adapter
      }
      let adapted = try AdaptedModel(model, adapters: adapters)
      let folder = place.url.appending(component: "\(index)")
      try adapted.writeMerged(to: folder)
      let written = try LanguageModel(contentsOf: folder)
      let found = try AdaptedModel(written, adapters: []).lastLogits(prompts).elements
      let expected = try adapted.merged()
      #expect(
        try found == AdaptedModel(expected, adapters: []).lastLogits(prompts).elements)
      #expect(largestDifference(found, try adapted.lastLogits(prompts).elements) < 1e-4)
      #expect(written.tokenizer.encode("abc") == model.tokenizer.encode("abc"))
      #expect(
        line { try adapted.writeMerged(to: model.url) }
          == "\(model.url.path): the folder to write has config.json already")
      // Weights that were merged in memory aren't those of the folder.
      let again = line { try AdaptedModel(expected, adapters: []).writeMerged(to: place.url) }
      #expect(again?.contains("no longer those of the model") == true, "\(again ?? "nothing")")
    }
    let other = try AdaptedModel(TinyModels.gguf(), adapters: [adapter("lora")])
    let refused = line { try other.writeMerged(to: place.url) }
    #expect(refused?.hasSuffix("only a folder with config.json can be written anew") == true)
    let edits = try AdaptedModel(TinyModels.safetensors(), adapters: [adapter("red")])
    #expect(
      line { try edits.writeMerged(to: place.url) }
        == "merge: expected updates of whole projections, found red")
  }

  /// Shards in bfloat16 become one file in float32, and the configuration says so and nothing else
  /// anew.
  @Test func mergedShards() throws {
    let place = try TemporaryFolder()
    let (folder, merged) = (
      place.url.appending(component: "sharded"), place.url.appending(component: "merged")
    )
    try FileManager.default.copyItem(
      at: TinyModels.folder.appending(component: "llama-sharded"), to: folder)
    for file in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.copyItem(
        at: TinyModels.folder.appending(components: "llama-gqa", file),
        to: folder.appending(component: file))
    }
    let base = try LanguageModel(contentsOf: folder)
    let update = try AdapterConfiguration(method: "lora").makeAdapter(for: base, seed: 3)
    disturb(update)
    let adapted = try AdaptedModel(base, adapters: [update])
    try adapted.writeMerged(to: merged)
    #expect(
      try AdaptedModel(LanguageModel(contentsOf: merged), adapters: []).lastLogits(prompts).elements
        == AdaptedModel(adapted.merged(), adapters: []).lastLogits(prompts).elements)
    func configuration(_ folder: URL) throws -> String {
      try String(contentsOf: folder.appending(component: "config.json"), encoding: .utf8)
    }
    #expect(
      try configuration(merged)
        == configuration(folder).replacing(
          #""torch_dtype": "bfloat16""#, with: #""torch_dtype": "float32""#))
    let written = try FileManager.default.contentsOfDirectory(atPath: merged.path).sorted()
    #expect(!written.contains { $0.hasSuffix(".index.json") || $0.contains("-of-") })
    #expect(written.contains("model.safetensors") && written.contains("tokenizer.json"))
  }
}

import Foundation
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers
import Testing

extension Tag {
  /// Tests that need a downloaded model.
  @Tag static var realModel: Self
}

/// A model that is not kept in the repository, and what transformers computes with it.
struct RealModel: Sendable {
  struct Outputs: Decodable, Sendable {
    let topIds: [Int]
    let topLogits: [Float]
    let stridedLogits: [Float]
  }

  struct Prompt: Decodable, Sendable {
    let text: String
    let ids: [Int]
  }

  struct Patch: Decodable, Sendable {
    let baseIds: [Int]
    let sourceIds: [Int]
  }

  struct Continuation: Decodable, Sendable {
    let text: String
    let ids: [Int]
    let continuation: [Int]
    let continuationText: String
    let smallestLead: Float
  }

  /// The reference's file; each part of it is decoded where it is compared.
  let reference: String
  let url: URL
  var isThere: Bool { FileManager.default.fileExists(atPath: url.path) }

  init(reference: String, variable: String, path: String) {
    let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    self.reference = reference
    url =
      ProcessInfo.processInfo.environment[variable].map { URL(filePath: $0) }
      ?? root.appending(path: path).standardized
  }

  func decoded<T: Decodable>(_ type: T.Type) throws -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: Fixtures.url(reference)))
  }

  static let smolLM2 = RealModel(
    reference: "smollm2.json", variable: "SMOLLM2_GGUF",
    path: ".models/SmolLM2-135M-Instruct.Q4_1.gguf")
  static let gemma3 = RealModel(
    reference: "gemma3.json", variable: "GEMMA3_GGUF",
    path: ".models/gemma-3-270m-q4_k_m.gguf")
  static let stories = RealModel(
    reference: "stories260k.json", variable: "STORIES260K_GGUF",
    path: "../shared/data/models/stories260K.gguf")
}

/// The last position's logits against the reference: 1e-3, the project's promise for real models,
/// as rounding differs in sums of up to 1,536 terms over 30 layers.
func expectOutputs(
  _ logits: Tensor, _ expected: RealModel.Outputs, stride: Int, within tolerance: Double = 1e-3,
  _ label: String
) {
  let values = logits.elements
  let order = values.indices.sorted { values[$0] > values[$1] }.prefix(expected.topIds.count)
  // Neighbors closer than the tolerance may change places.
  for (found, wanted) in zip(order, expected.topIds) where found != wanted {
    #expect(
      abs(values[found] - values[wanted]) < Float(tolerance), "\(label): \(found) before \(wanted)")
  }
  expectClose(
    expected.topIds.map { values[$0] }, expected.topLogits, absolute: tolerance, relative: 0, label)
  expectClose(
    expected.stridedLogits.indices.map { values[$0 * stride] }, expected.stridedLogits,
    absolute: tolerance, relative: 0, label)
}

/// Tokens, logits and greedy text that the two models share.
private func expectPrompts(
  _ model: LanguageModel, _ prompts: [RealModel.Prompt], _ outputs: [RealModel.Outputs], stride: Int
) throws {
  #expect(prompts.count == outputs.count && !prompts.isEmpty)
  for prompt in prompts { #expect(model.encode(prompt.text).ids == prompt.ids, "\(prompt.text)") }
  let batch = try #require(
    try model.run(.lastLogits(prompts.map { .tokens($0.ids) })).logits)
  for (index, (prompt, expected)) in zip(prompts, outputs).enumerated() {
    expectOutputs(batch.row(index), expected, stride: stride, "\(prompt.text), in a batch")
    expectOutputs(
      try model.logits(after: prompt.text), expected, stride: stride, "\(prompt.text), alone")
  }
}

private func expectContinuations(
  _ model: LanguageModel, _ continuations: [RealModel.Continuation]
) throws {
  let found = try model.network.generate(
    continuations.map(\.ids), options: GenerationOptions(maximumTokens: 32))
  for (found, expected) in zip(found, continuations) {
    // Otherwise rounding could take another way, and the comparison would say nothing.
    #expect(expected.smallestLead > 2e-3)
    #expect(found == expected.continuation, "\(expected.text)")
    #expect(model.tokenizer.decode(found) == expected.continuationText)
  }
}

/// SmolLM2-135M-Instruct, 98 MB: not in the repository; `make demo` fetches it, or SMOLLM2_GGUF
/// names it.
@Suite(
  .tags(.realModel), .enabled(if: RealModel.smolLM2.isThere, "no SmolLM2 file: see SMOLLM2_GGUF"))
struct SmolLM2Tests {
  private struct Prompts: Decodable {
    let stride: Int
    let prompts: [RealModel.Prompt]
  }
  private struct PromptOutputs: Decodable { let prompts: [RealModel.Outputs] }
  private struct Patches: Decodable {
    let stride: Int
    let patches: [Place]
  }
  private struct Place: Decodable {
    let site: String
    let layer: Int
    let head: Int?
    let basePositions: [Int]
    let sourcePositions: [Int]
  }
  private struct PatchedTokens: Decodable { let patches: [RealModel.Patch] }
  private struct PatchOutputs: Decodable { let patches: [RealModel.Outputs] }
  private struct Greedy: Decodable { let greedy: [RealModel.Continuation] }

  /// Loaded once: 540 MB when widened.
  private static let shared = Result { try LanguageModel(contentsOf: RealModel.smolLM2.url) }
  private let model: LanguageModel

  init() throws { model = try Self.shared.get() }

  @Test func prompts() throws {
    let document = try RealModel.smolLM2.decoded(Prompts.self)
    try expectPrompts(
      model, document.prompts, RealModel.smolLM2.decoded(PromptOutputs.self).prompts,
      stride: document.stride)
  }

  @Test func theCapitalOfFrance() throws {
    let top = model.top(1, of: try model.logits(after: "The capital of France is"))
    #expect(top.first?.token == " Paris")
    expectClose([try #require(top.first).logit], [17.371], absolute: 1e-3, relative: 0, "Paris")
  }

  /// Every patch is a sequence of one batch, with and without the cone.
  @Test(arguments: [false, true])
  func patches(stores: Bool) throws {
    let document = try RealModel.smolLM2.decoded(Patches.self)
    let tokens = try RealModel.smolLM2.decoded(PatchedTokens.self).patches
    let outputs = try RealModel.smolLM2.decoded(PatchOutputs.self).patches
    #expect(document.patches.count == 24)
    func cells(_ index: Int, _ positions: [Int]) throws -> Cells {
      var all = Array(repeating: [Int](), count: tokens.count)
      all[index] = positions
      let patch = document.patches[index]
      return Cells(
        try Site(named: patch.site, layer: patch.layer, head: patch.head, .all), positions: all)
    }
    let sources = try model.run(
      Request(
        tokens.map { .tokens($0.sourceIds) },
        captures: tokens.indices.map { try cells($0, document.patches[$0].sourcePositions) })
    ).captures
    let edits = try tokens.indices.map { index in
      Edit(try cells(index, document.patches[index].basePositions)) { _ in sources[index] }
    }
    let logits = try #require(
      try model.run(
        .lastLogits(tokens.map { .tokens($0.baseIds) }, edits: edits),
        store: stores ? ActivationStore() : nil
      ).logits)
    for (index, expected) in outputs.enumerated() {
      let patch = document.patches[index]
      expectOutputs(
        logits.row(index), expected, stride: document.stride,
        "patch \(index) \(patch.site) \(patch.layer)")
    }
  }

  @Test func greedyContinuations() throws {
    try expectContinuations(model, RealModel.smolLM2.decoded(Greedy.self).greedy)
  }
}

/// stories260K, 1 MB: not in the repository; STORIES260K_GGUF names it.
@Suite(
  .tags(.realModel), .enabled(if: RealModel.stories.isThere, "no file: see STORIES260K_GGUF"))
struct Stories260KTests {
  private struct Prompts: Decodable {
    let stride: Int
    let prompts: [RealModel.Prompt]
  }
  private struct PromptOutputs: Decodable { let prompts: [RealModel.Outputs] }
  private struct Greedy: Decodable { let prompts: [RealModel.Continuation] }

  @Test func promptsAndContinuations() throws {
    let model = try LanguageModel(contentsOf: RealModel.stories.url)
    let document = try RealModel.stories.decoded(Prompts.self)
    try expectPrompts(
      model, document.prompts, RealModel.stories.decoded(PromptOutputs.self).prompts,
      stride: document.stride)
    try expectContinuations(model, RealModel.stories.decoded(Greedy.self).prompts)
  }
}

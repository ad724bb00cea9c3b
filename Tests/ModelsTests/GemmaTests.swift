import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers
import Testing

/// Gemma-3-270M, 253 MB under Gemma's terms: not in the repository; `make model` fetches it, or
/// GEMMA3_GGUF names it.
@Suite(
  .tags(.realModel), .enabled(if: RealModel.gemma3.isThere, "no Gemma 3 file: see GEMMA3_GGUF"))
struct GemmaTests {
  private struct Document: Decodable {
    let stride: Int
    let prompts: [RealModel.Prompt]
    let patches: [Place]
  }
  private struct Place: Decodable {
    let site: String
    let layer: Int
    let head: Int?
    let baseIds: [Int]
    let sourceIds: [Int]
    let basePositions: [Int]
    let sourcePositions: [Int]
  }
  private struct Outputs: Decodable {
    let prompts: [RealModel.Outputs]
    let patches: [RealModel.Outputs]
  }

  /// Loaded once.
  private static let shared = Result { try LanguageModel(contentsOf: RealModel.gemma3.url) }
  private let model: LanguageModel
  private let document: Document
  private let outputs: Outputs

  init() throws {
    model = try Self.shared.get()
    document = try RealModel.gemma3.decoded(Document.self)
    outputs = try RealModel.gemma3.decoded(Outputs.self)
  }

  /// Twenty texts in several scripts, some longer than the window of 512.
  @Test func prompts() throws {
    #expect(document.prompts.count == 20)
    #expect(document.prompts.contains { $0.ids.count > 900 })
    for (prompt, expected) in zip(document.prompts, outputs.prompts) {
      #expect(model.encode(prompt.text).ids == prompt.ids, "\(prompt.text)")
      let logits = try #require(try model.run(.lastLogits([.tokens(prompt.ids)])).logits)
      expectOutputs(
        logits, expected, stride: document.stride, within: 2e-3, "\(prompt.text.prefix(30))")
    }
  }

  @Test func theCapitalOfFrance() throws {
    let top = model.top(3, of: try model.logits(after: "The capital of France is"))
    #expect(top.map(\.token) == [" the", " a", " Paris"])
    expectClose(
      top.map(\.logit), [19.091, 18.548, 18.269], absolute: 2e-3, relative: 0, "the first three")
  }

  /// As transformers' hooks make them, with the cone and without.
  @Test(arguments: [false, true])
  func patches(stores: Bool) throws {
    #expect(document.patches.count >= 16)
    for (patch, expected) in zip(document.patches, outputs.patches) {
      let site = try Site(named: patch.site, layer: patch.layer, head: patch.head, .all)
      let source = try model.run(
        Request(
          [.tokens(patch.sourceIds)],
          captures: [Cells(site, positions: [patch.sourcePositions])])
      ).captures[0]
      let edit = Edit(Cells(site, positions: [patch.basePositions])) { _ in source }
      let logits = try #require(
        try model.run(
          .lastLogits([.tokens(patch.baseIds)], edits: [edit]),
          store: stores ? ActivationStore() : nil
        ).logits)
      expectOutputs(
        logits, expected, stride: document.stride, within: 2e-3, "\(patch.site) \(patch.layer)")
    }
  }
}

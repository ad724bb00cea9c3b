import Foundation
import InterchangeBasics
import InterchangeExchange
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Adapters of ours in peft itself.
@Suite struct PeftExchangeTests {
  private static let hasPeft = Peers.has("peft")

  @Test(
    .enabled(if: PeftExchangeTests.hasPeft, "needs peft, which `make bench` installs"),
    arguments: ["lora", "prompt-tuning", "p-tuning", "prefix-tuning"])
  func oursGivesTheSameLogits(method: String) throws {
    let model = try TinyModels.safetensors()
    var configuration = AdapterConfiguration(method: method)
    if method == "lora" { configuration.rank = 2 } else { configuration.tokens = 3 }
    let adapter = try configuration.makeAdapter(for: model, seed: 6)
    var generator = RandomGenerator(seed: 7)
    for parameter in adapter.parameters {
      parameter.value =
        parameter.value + .normal(parameter.value.shape, deviation: 0.2, using: &generator)
    }
    let prompts = [[5, 9, 2, 14], [7, 1]]
    let expected = try AdaptedModel(model, adapters: [adapter]).lastLogits(prompts).elements
    let plain = try AdaptedModel(model, adapters: []).lastLogits(prompts).elements
    let kept = try TemporaryFolder()
    try PeftFolder.write(adapter, of: model, to: kept.url)
    let base = TinyModels.folder.appending(component: "llama-gqa")
    let found = try logits([(base, kept.url)], prompts)[0].get()
    #expect(largestDifference(found, expected) < 1e-4)
    #expect(largestDifference(plain, expected) > 1e-2)
  }

  /// Low-rank updates of all projections of every decoder, those that are parts of one tensor among
  /// them.
  @Test(.enabled(if: PeftExchangeTests.hasPeft, "needs peft, which `make bench` installs"))
  func everyDecoder() throws {
    let prompts = [[5, 9, 2, 14], [7, 1], [3, 3, 8, 20, 11, 6, 30, 12, 4, 21, 17, 9]]
    let kept = try TemporaryFolder()
    let names = ArchitectureFixtures.decoders.filter { $0 != "qwen2-moe" }
    var expected: [(adapted: [Float], plain: [Float])] = []
    var places: [(model: URL, adapter: URL)] = []
    // Alone, too, the queries' and the values' rows of a tensor that has the keys' besides.
    let cases = names.flatMap { [($0, "all"), ($0, "query,value")] }
    for (name, projections) in cases {
      let place = kept.url.appending(component: projections)
      let model = try ArchitectureFixtures.languageModel(name, in: place)
      let adapter = try randomLowRank(model, projections)
      func logits(_ adapters: [any Adapter]) throws -> [Float] {
        try AdaptedModel(model, adapters: adapters).lastLogits(prompts).elements
      }
      expected.append((try logits([adapter]), try logits([])))
      let folder = place.appending(component: name + "-adapter")
      try PeftFolder.write(adapter, of: model, to: folder)
      places.append((place.appending(component: name), folder))
    }
    for (name, (found, expected)) in zip(cases, zip(try logits(places, prompts), expected)) {
      let found = try found.get()
      // Within 1e-5 of the largest, as the models' own logits.
      let tolerance = 1e-5 * max(1, expected.adapted.map(abs).max() ?? 0)
      #expect(largestDifference(found, expected.adapted) < 4 * tolerance, "\(name)")
      #expect(largestDifference(expected.plain, expected.adapted) > 100 * tolerance, "\(name)")
    }
  }

  private struct Refusal: Error { let reason: String }

  /// One adapter's logits, or what peft says against it.
  private struct Answer: Decodable {
    let result: Result<[Float], Refusal>

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      result =
        if let reason = try? container.decode(String.self) {
          .failure(Refusal(reason: reason))
        } else {
          .success(try container.decode([[Float]].self).flatMap { $0 })
        }
    }
  }

  private func logits(
    _ places: [(model: URL, adapter: URL)], _ prompts: [[Int]]
  ) throws -> [Result<[Float], Refusal>] {
    let answers: [Answer] = try Peers.answers(
      "peft/logits_in_peft.py", prompts, places.map { (model: $0.model, folder: $0.adapter) })
    return answers.map(\.result)
  }
}

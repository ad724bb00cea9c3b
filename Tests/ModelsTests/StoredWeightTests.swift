import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import Testing

/// Weights read in the form of the file give what widened weights give.
@Suite struct StoredWeightTests {
  @Test(arguments: ["llama-gqa.gguf", "llama-bias", "llama-gqa"])
  func sameLogitsFromBothForms(name: String) throws {
    let url = Fixtures.url(name)
    let models = try WeightForm.allCases.map { form in
      name.hasSuffix(".gguf")
        ? try LanguageModel(contentsOf: url, weights: form).network
        : Model(try Transformer(folder: url, weights: form))
    }
    var generator = RandomGenerator(seed: 4)
    // More rows than the few-row products take, and one.
    for count in [1, 3, 6] {
      let inputs = (0..<count).map { _ in
        ModelInput.tokens((0..<12).map { _ in Int.random(in: 0..<61, using: &generator) })
      }
      let logits = try models.map {
        try #require(try $0.run(Request(inputs, logits: everywhere(inputs))).logits)
      }
      expectSame(logits[0], logits[1], "\(name), \(count) sequences")
    }
  }
}

import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import Testing

/// Lists of weights, and what follows from them.
@Suite struct WeightInventoryTests {
  private func inventory(_ name: String) throws -> any WeightInventory {
    try #require(try TinyModel(name).model.architecture as? any WeightInventory)
  }

  /// Every tensor of a file is in the list by its name, but for prefixes.
  @Test(arguments: ["llama-gqa", "llama-bias", "bert", "roberta", "bert-classifier"])
  func namesInAFolder(name: String) throws {
    let folder = try ModelFolder(Fixtures.url(name))
    let listed = try #require(
      try ModelFamilies.architecture(in: folder) as? any WeightInventory
    ).weights.compactMap(\.names.folder)
    #expect(Set(listed).count == listed.count)
    for tensor in try folder.checkpoint().names {
      let stem = tensor.split(separator: ".").dropLast().joined(separator: ".")
      #expect(
        listed.contains { stem.hasSuffix($0) || $0 == stem + ".decoder" }, "\(name): \(tensor)")
    }
  }

  @Test func namesInAGGUFFile() throws {
    let names = try inventory("llama-gqa.gguf").weights.map(\.names.gguf)
    #expect(names.prefix(2) == ["token_embd", "blk.0.attn_norm"])
    #expect(names.suffix(3) == ["blk.2.ffn_down", "output_norm", "output"])
  }

  @Test(arguments: ["llama-gqa", "llama-bias", "llama-gqa.gguf", "bert", "roberta"])
  func mappingToItselfChangesNothing(name: String) throws {
    let model = try TinyModel(name)
    let same = Model(try inventory(name).mapWeights { $0.value })
    let results = try [model.model, same].map {
      try #require(try $0.run($0.measuring(model.inputs)).logits).elements
    }
    #expect(results[0] == results[1])
  }

  /// Random numbers are drawn in one order for ever: controls depend on it.
  @Test func orderOfRandomNumbersInLlama() throws {
    let random = try inventory("llama-bias").randomlyInitialized(seed: 7)
    let drawn = random.weights.filter { slot in
      if case .norm = slot.kind { false } else { !slot.isTied }
    }
    var generator = RandomGenerator(seed: 7)
    for slot in drawn {
      let (found, bias): (Tensor, Tensor?) =
        switch slot.value {
        case .map(let map): (map.weight.floats(), map.bias)
        case .table(let table): (table.floats(), nil)
        case .tensor(let table): (table, nil)
        case .norm(let weight, let bias): (weight, bias)
        }
      let expected = Tensor.normal(found.shape, deviation: 0.02, using: &generator)
      #expect(found.elements == expected.elements)
      #expect(bias?.elements.allSatisfy { $0 == 0 } ?? true)
    }
    let order: [Projection] = [.query, .key, .value, .output, .gate, .up, .down]
    #expect(drawn.dropFirst().prefix(7).map(\.kind) == order.map { .projection($0) })
    #expect(drawn[0].names.folder == "model.embed_tokens")
  }

  @Test func orderOfRandomNumbersInBert() throws {
    let drawn = try inventory("bert").weights.filter { slot in
      if case .norm = slot.kind { false } else { !slot.isTied }
    }.map { $0.names.folder ?? "" }
    #expect(drawn.first == "embeddings.word_embeddings")
    #expect(
      drawn.suffix(3) == [
        "cls.predictions.transform.dense", "embeddings.position_embeddings",
        "embeddings.token_type_embeddings",
      ])
  }
}

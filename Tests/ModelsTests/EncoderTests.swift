import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The particulars of BERT and RoBERTa; activations, patches and gradients are compared with those
/// of the decoders.
@Suite struct EncoderTests {
  private struct Classified: Decodable {
    struct Text: Decodable {
      let ids: [Int]
      let types: [Int]
    }
    let texts: [Text]
  }

  /// A classifier's folder with what transformers computes with it.
  private struct Classifier {
    let model: Model
    let inputs: [ModelInput]
    private let expected: SafetensorsFile

    init(_ name: String) throws {
      let url = Fixtures.url(name)
      model = Model(try Bert(folder: url))
      inputs = try JSONDecoder().decode(
        Classified.self, from: Data(contentsOf: url.appending(component: "expected.json"))
      ).texts.map { .segments($0.ids, types: $0.types) }
      expected = try SafetensorsFile(contentsOf: url.appending(component: "expected.safetensors"))
    }

    func tensor(_ name: String) throws -> Tensor { try expected.tensor(named: name).floats() }
  }

  @Test(arguments: ["bert-classifier", "roberta-classifier"])
  func classifiers(name: String) throws {
    let tiny = try Classifier(name)
    let bert = try #require(tiny.model.architecture as? Bert)
    #expect(bert.outputs == 3 && bert.vocabulary == 61 && !bert.isCausal)
    #expect(bert.labels == ["entailment", "neutral", "contradiction"])
    #expect(bert.maximumLength == (bert.name == "bert" ? 24 : 22))
    var request = tiny.model.measuring(tiny.inputs)
    request.captures = (0..<3).flatMap { layer in
      [
        Cells(.blockInput, layer: layer, positions: everywhere(tiny.inputs)),
        Cells(.blockOutput, layer: layer, positions: everywhere(tiny.inputs)),
      ]
    }
    let run = try tiny.model.run(request)
    var start = 0
    for (index, input) in tiny.inputs.enumerated() {
      let rows = start..<start + input.length
      for layer in 0..<3 {
        for side in 0..<2 {
          expectClose(
            run.captures[2 * layer + side].rowSlice(rows),
            try tiny.tensor("t\(index).hidden.\(layer + side)"), "\(name) \(index) \(layer)")
        }
      }
      expectClose(run.logits?.row(index), try tiny.tensor("t\(index).logits"), "\(name) \(index)")
      if bert.name == "bert" {
        let first = try tiny.tensor("t\(index).hidden.3").rowSlice(0..<1)
        expectClose(
          bert.pooled(first)?.row(0), try tiny.tensor("t\(index).pooled"), "\(name) pooled")
      } else {
        #expect(bert.pooled(.zeros([1, 8])) == nil)
      }
      start = rows.upperBound
    }
  }

  /// Token types count, and are those of BERT.
  @Test func tokenTypes() throws {
    let model = try Classifier("bert-classifier").model
    let ids = [2, 7, 3, 8, 3]
    func logits(_ input: ModelInput) throws -> [Float] {
      try #require(try model.run(model.measuring([input])).logits).elements
    }
    #expect(
      try logits(.tokens(ids)) == logits(.segments(ids, types: [0, 0, 0, 0, 0])))
    #expect(try logits(.tokens(ids)) != logits(.segments(ids, types: [0, 0, 0, 1, 1])))
    #expect(
      line { _ = try logits(.segments(ids, types: [0, 0, 0, 2, 2])) }
        == "expected an input of token types below 2, found 2")
    #expect(
      line { _ = try logits(.segments(ids, types: [0, 0])) }
        == "expected an input of 5 token types, one for each token, found 2")
    #expect(
      line { _ = try logits(.vectors([[1]])) } == "expected an input of token ids, found vectors")
    #expect(
      line { _ = try logits(.tokens([61])) }
        == "expected an input of token ids below 61, found id 61")
    let llama = try TinyModel("llama-gqa").model
    #expect(
      line { _ = try llama.run(.lastLogits([.segments(ids, types: ids)])) }
        == "expected an input of token ids, found token ids with token types")
  }

  @Test func noContinuation() throws {
    let model = try TinyModel("bert").model
    #expect(
      line { _ = try model.generate([[2, 3]]) }
        == "a bert model is an encoder: it can't continue a text")
  }

  /// The tensors of a fixture under other names, in a folder of their own.
  private func renamed(
    _ name: String, configuration: (String) -> String = { $0 }, rename: (String) -> String? = { $0 }
  ) throws -> (TemporaryFolder, URL) {
    let temporary = try TemporaryFolder()
    let folder = try temporary.copy(name)
    let url = folder.appending(component: "model.safetensors")
    let file = try SafetensorsFile(contentsOf: url)
    let tensors = try file.names.compactMap { old in
      try rename(old).map { ($0, try file.tensor(named: old).floats()) }
    }
    try Safetensors.write(tensors, to: url)
    let config = folder.appending(component: "config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    try configuration(text).write(to: config, atomically: true, encoding: .utf8)
    return (temporary, folder)
  }

  /// Names without a prefix, old names of the norms, no head, and a file that names only the class.
  @Test(arguments: ["bert", "roberta"])
  func otherNames(name: String) throws {
    let tiny = try TinyModel(name)
    let cells = Cells(.blockOutput, layer: 2, positions: everywhere(tiny.inputs))
    let expected = try tiny.model.run(Request(tiny.inputs, captures: [cells])).captures[0]
    let (temporary, folder) = try renamed(
      name, configuration: { $0.replacing("\"model_type\": \"\(name)\",", with: "") },
      rename: { old in
        guard old.hasPrefix(name + ".") else { return nil }
        return String(old.dropFirst(name.count + 1))
          .replacing("LayerNorm.weight", with: "LayerNorm.gamma")
          .replacing("LayerNorm.bias", with: "LayerNorm.beta")
      })
    defer { withExtendedLifetime(temporary) {} }
    let model = Model(try Bert(folder: folder))
    let found = try model.run(Request(tiny.inputs, captures: [cells])).captures[0]
    #expect(found.elements == expected.elements)
    #expect(model.architecture.outputs == 0)
    #expect(
      line { _ = try model.run(model.measuring(tiny.inputs)) }
        == "this \(name) model has no head, so no outputs: only its hidden vectors can be read")
    // Widened weights are the same numbers.
    let widened = Model(try Bert(folder: folder, weights: .float32))
    #expect(
      try widened.run(Request(tiny.inputs, captures: [cells])).captures[0].elements
        == expected.elements)
  }

  @Test func sizes() throws {
    for name in ["bert", "roberta", "bert-classifier", "roberta-classifier"] {
      let url = Fixtures.url(name)
      let file = try SafetensorsFile(contentsOf: url.appending(component: "model.safetensors"))
      let bert = try Bert(folder: url)
      // RoBERTa's file has a second bias for its head, which nothing reads.
      let names = file.names.filter { $0 != "lm_head.bias" }
      let count = try names.reduce(0) { try $0 + file.tensor(named: $1).floats().count }
      #expect(bert.parameterCount == count, "\(name)")
      #expect(bert.weightBytes == 4 * count, "\(name)")
      let random = bert.randomlyInitialized(seed: 3)
      #expect(random.parameterCount == count && random.outputs == bert.outputs)
      let inputs = [ModelInput.tokens([2, 9, 3])]
      let (plain, control) = (Model(bert), Model(random))
      let logits = try [plain, control, Model(bert.randomlyInitialized(seed: 3))].map {
        try #require(try $0.run($0.measuring(inputs)).logits).elements
      }
      #expect(logits[0] != logits[1] && logits[1] == logits[2], "\(name)")
    }
  }

  @Test(arguments: [
    (
      "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"",
      "hidden_act: expected one of gelu, gelu_python, gelu_new,"
    ),
    ("\"is_decoder\": false", "\"is_decoder\": true", "is_decoder: expected false, found true"),
    (
      "\"model_type\"", "\"position_embedding_type\": \"relative_key\", \"model_type\"",
      "position_embedding_type: expected absolute, found relative_key"
    ),
    (
      "\"num_attention_heads\": 2", "\"num_attention_heads\": 3",
      "num_attention_heads: expected a divisor of hidden_size 8, found 3"
    ),
    (
      "\"vocab_size\": 61", "\"vocab_size\": 62",
      "tensor 'bert.embeddings.word_embeddings.weight': expected shape [62, 8], found [61, 8]"
    ),
    ("\"0\": \"entailment\",", "", "expected field \"id2label.0\""),
  ])
  func refused(old: String, new: String, message: String) throws {
    let (temporary, folder) = try renamed(
      "bert-classifier", configuration: { $0.replacing(old, with: new) })
    defer { withExtendedLifetime(temporary) {} }
    let found = line { _ = try Bert(folder: folder) }
    #expect(found?.contains(message) == true, "\(found ?? "nothing")")
  }

  /// A LoReFT step through the classifier: its gradients against central differences.
  @Test(arguments: ["bert-classifier", "roberta-classifier"])
  func gradientOfLoReFT(name: String) throws {
    let model = try Classifier(name).model
    let inputs: [ModelInput] = [.tokens([2, 7, 19, 60, 3]), .tokens([2, 30, 31, 3])]
    var generator = RandomGenerator(seed: 4)
    let rotation = try Rotation.random(rank: 2, width: 8, seed: 4)
    let weight = Tensor.normal([2, 8], deviation: 0.5, using: &generator)
    func loss(_ weight: Tensor) throws -> (Tensor, ReFT) {
      let reft = ReFT(.loreft, .rotation(rotation), weight: weight, bias: Tensor([0.3, -0.2]))
      let cells = Cells(.blockOutput, layer: 0, positions: [[0, 2], [1]])
      var request = model.measuring(inputs, edits: [Edit(cells) { reft($0, sources: []) }])
      request.targets = [2, 0]
      return (try #require(try model.run(request).loss), reft)
    }
    let (value, reft) = try loss(weight)
    value.backward()
    let gradient = try #require(reft.weight?.gradient).elements
    #expect(gradient.contains { abs($0) > 1e-3 })
    let step: Float = 1e-2
    for index in 0..<16 {
      func moved(_ distance: Float) throws -> Float {
        var values = weight.elements
        values[index] += distance
        return try loss(Tensor(values, shape: [2, 8])).0.scalar
      }
      let difference = (try moved(step) - moved(-step)) / (2 * step)
      // The third derivative times the step squared, and float32's rounding over the step.
      #expect(abs(difference - gradient[index]) < 2e-3, "\(name) \(index)")
    }
  }
}

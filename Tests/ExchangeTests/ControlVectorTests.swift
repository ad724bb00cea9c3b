import Foundation
import InterchangeCheckpoints
import InterchangeExchange
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Steering vectors as GGUF control vectors, there and back.
@Suite struct ControlVectorTests {
  let folder: TemporaryFolder
  let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.url.appending(component: "control-vector.gguf")
  }

  private static let vectors = SteeringVectors(
    [2: Tensor([1, -2, 0.5]), 10: Tensor([0, 3, -1]), 1: Tensor([0.25, 0, 4])],
    architecture: "llama")

  @Test func theFormat() throws {
    try Self.vectors.writeControlVector(to: url, coefficient: -2)
    let file = try GGUFFile(contentsOf: url)
    #expect(
      file.metadataKeys == [
        "general.architecture", "controlvector.model_hint", "controlvector.layer_count",
      ])
    #expect(try file.value("general.architecture") == "controlvector")
    #expect(try file.value("controlvector.model_hint") == "llama")
    #expect(file.metadata["controlvector.layer_count"] == .int32(3))
    #expect(file.names == ["direction.1", "direction.2", "direction.10"])
    let tensor = try file.tensor(named: "direction.10")
    #expect(tensor.elementType == .float32 && tensor.shape == [3])
    #expect(tensor.floats().elements == [0, -6, 2])
  }

  /// A file's word on its model is compared with the one that is steered.
  @Test func anotherArchitectureIsTold() throws {
    let model = try TinyModels.gguf()
    try SteeringVectors([1: .zeros([16])], architecture: "gpt2").writeControlVector(to: url)
    #expect(
      try SteeringVectors(contentsOf: url).remark(for: model)
        == "the vectors are of a model of the architecture gpt2; this one is of llama")
    try SteeringVectors([1: .zeros([16])], architecture: "llama").writeControlVector(to: url)
    #expect(try SteeringVectors(contentsOf: url).remark(for: model) == nil)
    try SteeringVectors([1: .zeros([16])]).writeControlVector(to: url)
    #expect(try SteeringVectors(contentsOf: url).remark(for: model) == nil)
  }

  @Test func thereAndBack() throws {
    try Self.vectors.writeControlVector(to: url)
    let read = try SteeringVectors(contentsOf: url)
    #expect(read.layers == [1, 2, 10] && read.width == 3)
    #expect(read.component == .blockOutput && read.architecture == "llama")
    for layer in read.layers {
      #expect(read.vectors[layer]?.elements == Self.vectors.vectors[layer]?.elements)
    }
    #expect(try #require(read.filter { $0 > 1 }).layers == [2, 10])
    #expect(read.filter { $0 > 10 } == nil)
  }

  /// The file with the coefficient in it does what the adapter with the coefficient beside it does.
  @Test func theSameModelAsTheAdapter() throws {
    let base = try TinyModels.gguf()
    let vectors = try SteeringVectors.compute(
      from: [([5, 6, 7], [5, 6, 8]), ([9, 7], [9, 8])], model: base, layers: [1, 2]
    ).vectors
    try vectors.writeControlVector(to: url, coefficient: 3)
    let given = try SteeringVectors(contentsOf: url)
    func logits(_ vectors: SteeringVectors, _ coefficient: Double) throws -> [Float] {
      let adapter = try vectors.makeAdapter(for: base, coefficient: coefficient)
      return try AdaptedModel(base, adapters: [adapter]).lastLogits([[5, 9, 30]]).elements
    }
    let (expected, found) = (try logits(vectors, 3), try logits(given, 1))
    #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(try logits(vectors, 0) != expected)
  }

  @Test func whatTheFormatCannotHold() throws {
    let zero = SteeringVectors([0: Tensor([1]), 1: Tensor([1])])
    #expect(
      line { try zero.writeControlVector(to: url) }
        == "control vector: expected layers from 1, as the format has none for layer 0, found layer 0"
    )
    let inside = SteeringVectors([1: Tensor([1])], component: .mlpOutput)
    #expect(
      line { try inside.writeControlVector(to: url) }
        == "control vector: expected vectors of block_output, found those of mlp_output")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test func whatIsNoControlVectorIsRefused() throws {
    func refusal(
      _ tensors: [(name: String, tensor: Tensor)], kind: GGUF.Value = .string("controlvector"),
      more: [(key: String, value: GGUF.Value)] = []
    ) throws -> String? {
      try GGUF.write(tensors, metadata: [("general.architecture", kind)] + more, to: url)
      return line { _ = try SteeringVectors(contentsOf: url) }.map {
        String($0.dropFirst(url.path.count + 2))
      }
    }
    let one = Tensor([1, 2])
    #expect(try refusal([("direction.1", one)]) == nil)
    #expect(
      try refusal([("direction.1", one)], kind: .string("llama"))
        == "general.architecture: expected controlvector, found llama")
    #expect(try refusal([("direction.1", one)], kind: .uint32(1))?.contains("general.arch") == true)
    #expect(try refusal([]) == "tensors: expected direction.N, found none")
    for name in [
      "direction.0", "direction.-1", "direction.01", "direction.", "direction.x", "other",
    ] {
      #expect(
        try refusal([(name, one)])
          == "tensor \(name): expected direction.N with a layer N of at least 1, found this name")
    }
    #expect(
      try refusal([("direction.1", one), ("direction.2", Tensor([1]))])
        == "tensor direction.2: expected shape [2], as before, found shape [1]")
    #expect(
      try refusal([("direction.1", Tensor([1, 2], shape: [1, 2]))])
        == "tensor direction.1: expected one axis, found shape [1, 2]")
    #expect(
      try refusal([("direction.1", Tensor([1, .nan]))])
        == "tensor direction.1: expected finite numbers, found others")
    #expect(
      try refusal([("direction.1", one)], more: [("controlvector.model_hint", .uint32(1))])?
        .hasPrefix("key \"controlvector.model_hint\": expected") == true)
    // Every start of a good file is no file.
    try Self.vectors.writeControlVector(to: url)
    let bytes = try Data(contentsOf: url)
    for count in stride(from: 0, to: bytes.count - 32, by: 7) {
      try bytes.prefix(count).write(to: url)
      #expect(throws: CheckpointError.self) { try SteeringVectors(contentsOf: url) }
    }
  }
}

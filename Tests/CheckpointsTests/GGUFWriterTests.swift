import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct GGUFWriterTests {
  let folder: TemporaryFolder
  let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.url.appending(component: "out.gguf")
  }

  private static let metadata: [(key: String, value: GGUF.Value)] = [
    ("general.architecture", .string("controlvector")),
    ("controlvector.model_hint", .string("naïve 東京")), ("controlvector.layer_count", .int32(3)),
    ("a.uint32", .uint32(4_000_000_000)), ("a.float32", .float32(-0.1)), ("a.true", .boolean(true)),
    ("a.false", .boolean(false)), ("an.array", .strings(["", "ı", "two words"])),
  ]

  private static let tensors: [(name: String, tensor: Tensor)] =
    [(1, 3), (2, 8), (10, 9)].map { layer, width in
      (name: "direction.\(layer)", tensor: Tensor((0..<width).map { (Float($0) - 2) / 4 }))
    } + [(name: "matrix", tensor: Tensor((0..<10).map(Float.init), shape: [2, 5]))]

  /// The fixture is what Python's gguf package writes for the same contents.
  @Test func writesTheBytesOfTheReferenceImplementation() throws {
    try GGUF.write(Self.tensors, metadata: Self.metadata, to: url)
    #expect(try Array(Data(contentsOf: url)) == Fixture.bytes("written.gguf"))
    #expect(try folder.contents == ["out.gguf"])
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let values = (0..<60).map { Float($0) * 0.37 - 9 } + [.infinity, -0.0, .leastNonzeroMagnitude]
    let tensors: [(name: String, tensor: Tensor)] = [
      ("matrix", Tensor(values, shape: [9, 7])), ("scalar", Tensor([3], shape: [])),
      ("nothing", Tensor([], shape: [0, 2])),
      ("axes4", Tensor([1, 2, 3, 4], shape: [2, 1, 2, 1])),
      (String(repeating: "n", count: 63), Tensor([1, 2])),
    ]
    try GGUF.write(tensors, metadata: Self.metadata, to: url)
    let file = try GGUFFile(contentsOf: url)
    #expect((file.version, file.alignment) == (3, 32))
    #expect(file.names == tensors.map(\.name))
    for (name, tensor) in tensors {
      let read = try file.tensor(named: name).floats()
      #expect(read.shape == tensor.shape)
      #expect(bits(read.elements) == bits(tensor.elements), "\(name)")
    }
    #expect(file.metadataKeys == Self.metadata.map(\.key))
    #expect(file.metadata["a.uint32"] == .uint32(4_000_000_000))
    #expect(file.metadata["controlvector.layer_count"] == .int32(3))
    #expect(file.metadata["a.float32"] == .float32(-0.1))
    #expect(file.metadata["a.true"] == .boolean(true))
    #expect(file.metadata["a.false"] == .boolean(false))
    #expect(try file.value("controlvector.model_hint") == "naïve 東京")
    #expect(try file.value("an.array", as: [String].self) == ["", "ı", "two words"])
  }

  @Test func replacesAFileAndWritesAnEmptyOne() throws {
    try Data([1, 2, 3]).write(to: url)
    try GGUF.write([], metadata: [], to: url)
    let file = try GGUFFile(contentsOf: url)
    #expect(file.names.isEmpty && file.metadata.isEmpty)
  }

  @Test func refusesWhatCannotBeReadAgain() throws {
    func refusal(_ names: [String], keys: [String] = [], shape: [Int] = [1]) -> String? {
      line {
        try GGUF.write(
          names.map { ($0, .zeros(shape)) }, metadata: keys.map { ($0, .boolean(true)) }, to: url)
      }
    }
    let path = url.path
    #expect(
      refusal(["a", "b", "a"]) == "\(path): tensor \"a\": expected each name once, found it again")
    #expect(
      refusal([], keys: ["k", "k"]) == "\(path): key \"k\": expected each name once, found it again"
    )
    #expect(refusal([""]) == "\(path): tensor \"\": expected 1 to 63 bytes, found 0")
    #expect(refusal([String(repeating: "ı", count: 32)])?.hasSuffix("63 bytes, found 64") == true)
    #expect(refusal([], keys: [""]) == "\(path): key \"\": expected 1 to 65535 bytes, found 0")
    #expect(
      refusal([], keys: ["general.alignment"])
        == "\(path): key \"general.alignment\": expected no such key, as it is always 32, found it")
    #expect(
      refusal(["a"], shape: [1, 1, 1, 1, 1])
        == "\(path): tensor \"a\": expected at most 4 axes, found 5")
    #expect(try folder.contents.isEmpty)
    let nowhere = folder.url.appending(components: "none", "out.gguf")
    #expect(throws: CheckpointError.self) { try GGUF.write([], metadata: [], to: nowhere) }
  }
}

import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct SafetensorsWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func writesTheFormatByteForByte() throws {
    let url = folder.url.appending(component: "out.safetensors")
    try Safetensors.write(
      [("b", Tensor([1, -2, 0.5], shape: [1, 3])), ("a \"x\"\n", Tensor([4]))],
      metadata: ["z": "\\", "k": "東"], to: url)
    var header =
      #"{"__metadata__":{"k":"東","z":"\\"},"b":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},"#
      + #""a \"x\"\u000a":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#
    while header.utf8.count % 8 != 0 { header += " " }
    let data = [1, -2, 0.5, 4].flatMap { littleEndian(Float($0).bitPattern) }
    let expected = littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + data
    #expect(try Array(Data(contentsOf: url)) == expected)
    #expect(try folder.contents == ["out.safetensors"])
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let url = folder.url.appending(component: "out.safetensors")
    let values = (0..<60).map { Float($0) * 0.37 - 9 } + [.infinity, -0.0, .leastNonzeroMagnitude]
    let tensors: [(name: String, tensor: Tensor)] = [
      ("matrix", Tensor(values, shape: [9, 7])), ("scalar", Tensor([3], shape: [])),
      ("nothing", Tensor([], shape: [0, 2])), ("vector", Tensor([1, 2])),
    ]
    try Safetensors.write(tensors, metadata: ["rank": "4", "control\u{1}": "\t"], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    #expect(file.metadata == ["rank": "4", "control\u{1}": "\t"])
    for (name, tensor) in tensors {
      let read = try file.tensor(named: name).floats()
      #expect(read.shape == tensor.shape)
      #expect(bits(read.elements) == bits(tensor.elements), "\(name)")
    }
  }

  @Test func replacesAFileAndWritesAnEmptyOne() throws {
    let url = try folder.file("out.safetensors", [1, 2, 3])
    try Safetensors.write([], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    #expect(file.names.isEmpty)
    #expect(file.metadata.isEmpty)
  }

  @Test func refusesNamesThatCannotBeTold() throws {
    let url = folder.url.appending(component: "out.safetensors")
    let one = Tensor([1])
    #expect(throws: CheckpointError.self) {
      try Safetensors.write([("a", one), ("a", one)], to: url)
    }
    #expect(throws: CheckpointError.self) {
      try Safetensors.write([("__metadata__", one)], to: url)
    }
    #expect(try folder.contents.isEmpty)
  }

  @Test func aFailureLeavesNothing() throws {
    let missing = folder.url.appending(components: "missing", "out.safetensors")
    #expect(
      line { try Safetensors.write([("a", Tensor([1]))], to: missing) }
        == "\(missing.path()): can't be written: No such file or directory")
    // A folder that isn't empty can't be replaced by a file: the rename fails after all was
    // written.
    let taken = folder.url.appending(component: "taken")
    try FileManager.default.createDirectory(
      at: taken.appending(component: "inside"), withIntermediateDirectories: true)
    #expect(
      line { try Safetensors.write([("a", Tensor([1]))], to: taken) }?.contains("can't be written")
        == true)
    #expect(try folder.contents == ["taken"])
  }
}

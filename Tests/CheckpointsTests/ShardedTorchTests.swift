import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// `pytorch_model.bin` in shards.
@Suite struct ShardedTorchTests {
  private let shards = (1...2).map { "pytorch_model-0000\($0)-of-00002.bin" }
  private let index = "pytorch_model.bin.index.json"

  /// A copy of the fixture's files.
  private func copy(_ names: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names {
      _ = try folder.file(name, try Fixture.bytes("torch/sharded/\(name)"))
    }
    return folder
  }

  private func fault(_ folder: TemporaryFolder) -> String? {
    line { _ = try checkpoint(inFolder: folder.url) }?
      .replacingOccurrences(of: folder.url.path() + "/", with: "")
  }

  @Test func readsShardsAsOneCheckpoint() throws {
    let found = try checkpoint(inFolder: Fixture.url("torch/sharded"))
    let whole = try TorchArchive(contentsOf: Fixture.url("torch/values.bin"))
    #expect(found.names == ["float32", "float16", "bfloat16", "float64", "transposed"])
    #expect(found.files.map { $0.path.split(separator: "/").last.map(String.init) } == shards)
    for name in found.names {
      let (a, b) = (try found.tensor(named: name), try whole.tensor(named: name))
      #expect(a.shape == b.shape)
      #expect(a.elementType == b.elementType)
      #expect(bits(a.floats().elements) == bits(b.floats().elements), "\(name)")
    }
    #expect(
      line { _ = try found.tensor(named: "float65") }?.contains("near: \"float64\"") == true)
  }

  @Test func safetensorsComeFirst() throws {
    let folder = try copy(shards + [index])
    _ = try folder.file("model.safetensors", try Fixture.bytes("single.safetensors"))
    #expect(try checkpoint(inFolder: folder.url) is SafetensorsCheckpoint)
  }

  @Test func aShardThatIsMissingOrNoArchiveIsNamed() throws {
    let folder = try copy([shards[0], index])
    #expect(fault(folder) == "\(shards[1]): can't be read: No such file or directory")
    _ = try folder.file(shards[1], try Fixture.bytes("single.safetensors"))
    #expect(fault(folder)?.hasPrefix("\(shards[1]): ") == true)
  }

  @Test func aTensorInTwoShardsIsRefused() throws {
    let folder = try copy([shards[0], index])
    _ = try folder.file(shards[1], try Fixture.bytes("torch/values.bin"))
    #expect(
      fault(folder)
        == "\(shards[1]): tensor \"float32\": expected it in one shard, \(shards[0]), "
        + "found it here too")
  }

  @Test func anIndexThatNamesSomethingElseIsRefused() throws {
    let folder = try copy(shards)
    func fault(_ map: String) throws -> String? {
      _ = try folder.file(index, "{\"weight_map\": {\(map)}}".utf8)
      return self.fault(folder)
    }
    #expect(
      try fault("\"float33\": \"\(shards[0])\"")
        == "\(index): weight_map: expected tensor \"float33\" to be in \(shards[0]), "
        + "found no such tensor there")
    #expect(
      try fault("\"float32\": \"../\(shards[0])\"")?.contains("expected the name of a file") == true
    )
    #expect(
      try fault("\"float32\": \"\(index)\"")?.hasPrefix("\(index): ") == true)
    #expect(try fault("")?.contains("expected tensors, found none") == true)
  }
}

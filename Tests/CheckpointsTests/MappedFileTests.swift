import Foundation
import InterchangeCheckpoints
import InterchangeTestSupport
import Testing

@Suite struct MappedFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func readsBytes() throws {
    let file = try MappedFile(contentsOf: try folder.file("x", [1, 2, 3]))
    #expect(file.size == 3)
    #expect(file.withBytes { Array($0) } == [1, 2, 3])
    let empty = try MappedFile(contentsOf: try folder.file("empty", []))
    #expect(empty.size == 0)
    #expect(empty.withBytes { $0.count } == 0)
  }

  @Test func errorsNamePathAndReason() throws {
    let missing = folder.url.appending(component: "missing.gguf")
    #expect(
      line { _ = try MappedFile(contentsOf: missing) }
        == "\(missing.path()): can't be read: No such file or directory")
    let path = folder.url.path()
    #expect(
      line { _ = try MappedFile(contentsOf: folder.url) }
        == "\(path): file: expected a regular file, found a folder")
  }

  // Computed by the reference implementation (Python's xxhash); the 79 bytes of the last take every
  // branch.
  @Test(arguments: [
    ("", "xxh64:ef46db3751d8e999"),
    ("a", "xxh64:d24ec4f1a98c6e5b"),
    ("abc", "xxh64:44bc2cf5ad770999"),
    (
      "Nobody inspects the spammish repetition, said the parrot 12345 ways.!!!!!!!!!!!",
      "xxh64:a97e26b3f9dbf69a"
    ),
  ])
  func identityIsXXH64(text: String, expected: String) throws {
    let file = try MappedFile(contentsOf: try folder.file("x", text.utf8))
    #expect(file.identity() == expected)
  }

  @Test func identityOfShardsDependsOnEveryFile() throws {
    for shard in ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
      _ = try folder.file(shard, try Fixture.bytes("sharded/\(shard)"))
    }
    let index = "model.safetensors.index.json"
    _ = try folder.file(index, try Fixture.bytes("sharded/\(index)"))
    let before = try SafetensorsCheckpoint(contentsOf: folder.url).identity()
    #expect(before == (try SafetensorsCheckpoint(contentsOf: Fixture.url("sharded")).identity()))
    var bytes = try Fixture.bytes("sharded/model-00002-of-00002.safetensors")
    bytes[bytes.count - 1] ^= 1
    _ = try folder.file("model-00002-of-00002.safetensors", bytes)
    let after = try SafetensorsCheckpoint(contentsOf: folder.url).identity()
    #expect(before != after)
  }
}

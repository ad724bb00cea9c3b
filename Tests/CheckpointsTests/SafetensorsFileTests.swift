import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct SafetensorsFileTests {
  @Test func readsEveryTypeToTorchsBits() throws {
    let file = try SafetensorsFile(contentsOf: Fixture.url("single.safetensors"))
    var expected = try Fixture.floats("single.f32")[...]
    for name in file.names.sorted() {
      let tensor = try file.tensor(named: name)
      #expect(bits(tensor.floats().elements) == bits(expected.prefix(tensor.count)), "\(name)")
      expected = expected.dropFirst(tensor.count)
    }
    #expect(expected.isEmpty)
    #expect(file.metadata == ["note": "a \"quoted\" line\n東京"])
  }

  @Test func knowsShapesAndTypes() throws {
    let file = try SafetensorsFile(contentsOf: Fixture.url("single.safetensors"))
    #expect(file.names.count == 9)
    #expect(try file.tensor(named: "f32.matrix").shape == [3, 4])
    #expect(try file.tensor(named: "f32.scalar").shape == [])
    #expect(try file.tensor(named: "f32.scalar").floats().scalar == 0.75)
    #expect(try file.tensor(named: "nothing").floats().shape == [0, 4])
    #expect(try file.tensor(named: "bf16").elementType == .bfloat16)
    #expect(try file.tensor(named: "boolean").floats().elements == [1, 0, 1])
    #expect(
      line { _ = try file.tensor(named: "f32.matrx") }
        == "\(file.path): expected tensor \"f32.matrx\", found none; near: \"f32.matrix\"")
  }

  @Test func unalignedDataIsCopied() throws {
    let folder = try TemporaryFolder()
    let header = Array("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} ".utf8)
    #expect(header.count % 4 != 0)
    let data = [Float(1.5), -2].flatMap { littleEndian($0.bitPattern) }
    let url = try folder.file("x", littleEndian(UInt64(header.count)) + header + data)
    let tensor = try SafetensorsFile(contentsOf: url).tensor(named: "x")
    #expect(tensor.floats().elements == [1.5, -2])
  }
}

@Suite struct SafetensorsCheckpointTests {
  @Test func readsShards() throws {
    let checkpoint = try SafetensorsCheckpoint(contentsOf: Fixture.url("sharded"))
    let single = try SafetensorsFile(contentsOf: Fixture.url("single.safetensors"))
    #expect(checkpoint.shards.count == 2)
    #expect(checkpoint.names.sorted() == ["bf16", "f16", "f32.matrix", "f32.scalar", "nothing"])
    for name in checkpoint.names {
      let (a, b) = (try checkpoint.tensor(named: name), try single.tensor(named: name))
      #expect(a.shape == b.shape)
      #expect(a.elementType == b.elementType)
      #expect(bits(a.floats().elements) == bits(b.floats().elements), "\(name)")
    }
    #expect(
      try checkpoint.tensor(named: "f16").file.path.hasSuffix("model-00001-of-00002.safetensors"))
    #expect(
      line { _ = try checkpoint.tensor(named: "f17") }
        == "\(checkpoint.path): expected tensor \"f17\", found none; near: \"f16\", \"bf16\"")
  }

  @Test func readsASingleFile() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("model.safetensors", try Fixture.bytes("single.safetensors"))
    let checkpoint = try SafetensorsCheckpoint(contentsOf: folder.url)
    #expect(checkpoint.names.count == 9)
    #expect(checkpoint.contains("f64"))
    #expect(checkpoint.identity() == checkpoint.files[0].identity())
  }

  @Test func refusesAFolderWithoutModel() throws {
    let folder = try TemporaryFolder()
    #expect(
      line { _ = try SafetensorsCheckpoint(contentsOf: folder.url) }?.hasSuffix(
        "folder: expected model.safetensors or model.safetensors.index.json, found neither") == true
    )
  }

  /// The line for a folder with the first shard and an index.
  private func indexLine(_ index: String) throws -> String? {
    let folder = try TemporaryFolder()
    let shard = "model-00001-of-00002.safetensors"
    _ = try folder.file(shard, try Fixture.bytes("sharded/\(shard)"))
    _ = try folder.file("model.safetensors.index.json", index.utf8)
    return line { _ = try SafetensorsCheckpoint(contentsOf: folder.url) }
      .map { $0.replacingOccurrences(of: folder.url.path(), with: "") }
  }

  @Test func refusesAnIndexThatNamesWhatIsNotThere() throws {
    let name = "model.safetensors.index.json"
    let shard = "model-00001-of-00002.safetensors"
    #expect(try indexLine("{\"weight_map\": {\"f16\": \"\(shard)\"}}") == nil)
    #expect(
      try indexLine("{\"weight_map\": {\"f16\": \"\(shard)\", \"f99\": \"\(shard)\"}}")?.hasSuffix(
        "\(name): weight_map: expected tensor \"f99\" to be in \(shard), found no such tensor there"
      )
        == true)
    #expect(
      try indexLine("{\"weight_map\": {\"f16\": \"other.safetensors\"}}")?.hasSuffix(
        "other.safetensors: can't be read: No such file or directory") == true)
  }

  @Test(arguments: [
    "../model.safetensors", "/etc/passwd", "a/../../b", "..", ".hidden", "", "sub/a.safetensors",
  ])
  func refusesPathsOutsideTheFolder(path: String) throws {
    #expect(
      try indexLine("{\"weight_map\": {\"f16\": \"\(path)\"}}")?.hasSuffix(
        "weight_map[\"f16\"]: expected the name of a file in this folder, found \"\(path)\"")
        == true)
  }

  @Test func refusesAnIndexThatIsNone() throws {
    let name = "model.safetensors.index.json"
    for (index, end) in [
      ("{}", "index: expected a field \"weight_map\", found none"),
      ("[]", "index: expected an object, found an array"),
      ("{\"weight_map\": 3}", "index: \"weight_map\": expected an object, found number"),
      ("{\"weight_map\": {\"a\": 3}}", "index: \"weight_map.a\": expected a string, found number"),
      ("{\"weight_map\": {}}", "weight_map: expected tensors, found none"),
    ] {
      let found = try indexLine(index)
      #expect(found?.hasSuffix("\(name): \(end)") == true, "\(found ?? "nothing")")
    }
    #expect(
      try indexLine("{\"weight_map\"")?.contains("index: expected valid JSON, found ") == true)
  }
}

import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import Testing

@Suite struct GGUFFileTests {
  let file: GGUFFile

  init() throws { file = try GGUFFile(contentsOf: Fixture.url("all-types.gguf")) }

  @Test func listsTensorsInFileOrderWithRowMajorShapes() throws {
    #expect(file.version == 3)
    #expect(file.alignment == 32)
    #expect(
      file.names == [
        "f32.axes3", "f32.vector", "f16", "bf16", "f64", "int8", "int16", "int32", "int64",
        "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k",
      ])
    let tensor = try file.tensor(named: "f32.axes3")
    #expect(tensor.shape == [2, 3, 4])
    #expect((tensor.rows, tensor.width, tensor.count) == (6, 4, 24))
    #expect(try file.tensor(named: "q6_k").elementType == .q6_K)
    #expect(try file.tensor(named: "q4_1").elementType.description == "Q4_1")
  }

  // The values are gguf-py's. Widening multiplies and adds float32 in the same order and rounds at
  // the same places, so nothing may differ, not even a bit.
  @Test(arguments: ["all-types", "blocks"])
  func widensEveryTypeToTheReferencesBits(name: String) throws {
    let file = try GGUFFile(contentsOf: Fixture.url("\(name).gguf"))
    var expected = try Fixture.floats("\(name).f32")[...]
    for name in file.names {
      let tensor = try file.tensor(named: name)
      let floats = tensor.floats()
      #expect(floats.shape == tensor.shape)
      #expect(bits(floats.elements) == bits(expected.prefix(tensor.count)), "\(name)")
      expected = expected.dropFirst(tensor.count)
    }
    #expect(expected.isEmpty)
  }

  @Test func theFixturesHaveEveryTypeThatGGUFMayHave() throws {
    let types = try ["all-types", "blocks"].flatMap { name in
      let file = try GGUFFile(contentsOf: Fixture.url("\(name).gguf"))
      return try file.names.map { try file.tensor(named: $0).elementType.rawValue }
    }
    let error = line {
      _ = try GGUFFile(contentsOf: Fixture.url("version-2.gguf")).tensor(named: "unread")
    }
    let list = try #require(error?.firstMatch(of: /types (?<names>.*), found/)).output.names
    #expect(Set(types) == Set(list.split(separator: ", ").map(String.init)))
  }

  @Test(arguments: ["all-types", "blocks"])
  func widensAnyRangeOfRowsAlone(name: String) throws {
    let file = try GGUFFile(contentsOf: Fixture.url("\(name).gguf"))
    for name in file.names {
      let tensor = try file.tensor(named: name)
      let all = tensor.floats().elements
      for lower in 0...tensor.rows {
        for upper in lower...tensor.rows {
          let panel = tensor.floats(rows: lower..<upper)
          #expect(panel.shape == [upper - lower, tensor.width])
          let part = all[lower * tensor.width..<upper * tensor.width]
          #expect(bits(panel.elements) == bits(part), "\(name) \(lower)..<\(upper)")
        }
      }
    }
  }

  @Test func float32ReadsTheMapWithoutACopyAndOutlivesTheFile() throws {
    var file: GGUFFile? = self.file
    let tensor = try #require(try file?.tensor(named: "f32.vector"))
    var floats = tensor.floats()
    tensor.withBytes { #expect(UnsafeRawPointer(floats.pointer) == $0.baseAddress) }
    file = nil
    let expected = Array(try Fixture.floats("all-types.f32")[24..<29])
    #expect(floats.elements == expected)
    floats.mutateElements { $0[0] = 100 }
    #expect(tensor.floats().elements == expected)
  }

  @Test func readsAllKindsOfMetadata() throws {
    #expect(file.metadataKeys.first == "general.architecture")
    #expect(file.metadataKeys.count == file.metadata.count)
    #expect(file.metadata["kind.uint8"] == .uint8(200))
    #expect(file.metadata["kind.int8"] == .int8(-100))
    #expect(file.metadata["kind.uint16"] == .uint16(60_000))
    #expect(file.metadata["kind.int16"] == .int16(-30_000))
    #expect(file.metadata["kind.uint32"] == .uint32(4_000_000_000))
    #expect(file.metadata["kind.int32"] == .int32(-2_000_000_000))
    #expect(file.metadata["kind.float32"] == .float32(0.1))
    #expect(file.metadata["kind.boolean"] == .boolean(true))
    #expect(file.metadata["kind.string"] == .string("naïve 東京 🐱"))
    #expect(file.metadata["kind.uint64"] == .uint64(.max))
    #expect(file.metadata["kind.int64"] == .int64(.min))
    #expect(file.metadata["kind.float64"] == .float64(0.1))
  }

  @Test func readsArrays() throws {
    let strings: [String] = try file.value("array.strings")
    #expect(strings == ["", "Ġthe", "ı", String(repeating: "a", count: 300)])
    #expect(try file.value("array.integers") == [1, -2, 3])
    #expect(try file.value("array.floats") == [Float(0.5), -1.25])
    #expect(try file.value("array.booleans") == [true, false, true])
    #expect(try file.value("array.nested") == [[1, 2], [3]])
    #expect(try file.value("array.nested.strings") == [[["x"], ["y", "z"]], [["w"]]])
    guard case .array(let array)? = file.metadata["array.strings"] else {
      Issue.record("array.strings is no array")
      return
    }
    #expect(array.elementType == .string)
    #expect(array.withBytes(at: 1) { Array($0) } == [0xC4, 0xA0, 0x74, 0x68, 0x65])
    #expect(array.last == .string(String(repeating: "a", count: 300)))
  }

  @Test func typedReadingNamesKeyExpectedAndFound() throws {
    let path = file.path
    #expect(try file.value("kind.uint16") == 60_000)
    #expect(try file.value("kind.float32") == Float(0.1))
    #expect(try file.valueIfPresent("absent", as: Int.self) == nil)
    #expect(
      line { _ = try file.value("kind.string", as: Int.self) }
        == "\(path): key \"kind.string\": expected an integer, found string")
    #expect(
      line { _ = try file.value("kind.uint64", as: Int.self) }
        == "\(path): key \"kind.uint64\": expected an integer, found uint64")
    #expect(
      line { _ = try file.valueIfPresent("array.strings", as: [Int].self) }
        == "\(path): key \"array.strings\": expected an array, each element an integer, "
        + "found array of 4 string")
    #expect(
      line { _ = try file.value("kind.uint33", as: Int.self) }
        == "\(path): expected key \"kind.uint33\", found none; "
        + "near: \"kind.uint32\", \"kind.uint8\", \"kind.uint16\"")
  }

  @Test func missingTensorIsNamedWithNearNames() throws {
    #expect(!file.contains("q4_2"))
    #expect(
      line { _ = try file.tensor(named: "q4_2") }
        == "\(file.path): expected tensor \"q4_2\", found none; near: \"q4_0\", \"q4_1\", \"q4_k\"")
    #expect(
      line { _ = try file.tensor(named: "entirely different") }
        == "\(file.path): expected tensor \"entirely different\", found none")
  }

  @Test func readsVersion2AndItsAlignment() throws {
    let file = try GGUFFile(contentsOf: Fixture.url("version-2.gguf"))
    #expect(file.version == 2)
    #expect(file.alignment == 64)
    #expect(try file.tensor(named: "first").floats().elements == [0, 1, 2, 3, 4, 5])
    #expect(try file.tensor(named: "last").floats().elements == [0, 1, 2, 3])
  }

  @Test func aTypeThatIsNotReadIsAnErrorOnlyWhenAskedFor() throws {
    let file = try GGUFFile(contentsOf: Fixture.url("version-2.gguf"))
    #expect(file.names == ["first", "unread", "last"])
    #expect(file.contains("unread"))
    #expect(
      line { _ = try file.tensor(named: "unread") }
        == "\(file.path): tensor \"unread\": expected one of the types F32, F16, Q4_0, Q4_1, Q5_0, "
        + "Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ4_NL, "
        + "IQ3_S, IQ2_S, IQ4_XS, I8, I16, I32, I64, F64, IQ1_M, BF16, TQ1_0, TQ2_0, MXFP4, NVFP4, "
        + "found type 15, Q8_K")
  }
}

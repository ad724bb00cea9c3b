import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The folders of Tests/Fixtures/checkpoints/quantized, made by make_quantized_fixtures.py.
@Suite struct QuantizedCheckpointTests {
  static let exact = [
    "fp8", "fp8-tensor", "gptq", "gptq-order", "gptq-8", "gptq-v2", "awq", "bnb-nf4", "bnb-nested",
    "bnb-fp4", "compressed-float", "compressed-int", "compressed-pack", "compressed-zero",
    "compressed-pack-8",
  ]

  /// Copies a fixture's folder, with some of its configuration's text replaced.
  private func copy(
    _ name: String, replacing old: String = "", by new: String = ""
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let config = try String(
      contentsOf: Fixture.url("quantized/\(name)/config.json"), encoding: .utf8)
    #expect(old.isEmpty || config.contains(old), "\(old)")
    _ = try folder.file("config.json", config.replacingOccurrences(of: old, with: new).utf8)
    _ = try folder.file(
      "model.safetensors", try Fixture.bytes("quantized/\(name)/model.safetensors"))
    return folder
  }

  /// The error line for such a folder, without the folder's path.
  private func fault(
    _ name: String, replacing old: String = "", by new: String = ""
  ) throws -> String? {
    let folder = try copy(name, replacing: old, by: new)
    return line { _ = try checkpoint(inFolder: folder.url) }?
      .replacingOccurrences(of: folder.url.path() + "/", with: "")
  }

  /// The names and numbers are those of the other tools; with `roundings` of float32 between them.
  private func expectReference(_ name: String, roundings: Float = 0) throws {
    let folder = Fixture.url("quantized/\(name)")
    let found = try checkpoint(inFolder: folder)
    let expected = try SafetensorsFile(
      contentsOf: folder.appending(component: "expected.safetensors"))
    #expect(found is QuantizedCheckpoint)
    #expect(found.names.sorted() == expected.names.sorted())
    for name in expected.names {
      let (a, b) = (try found.tensor(named: name), try expected.tensor(named: name))
      #expect(a.shape == b.shape, "\(name)")
      for (x, y) in zip(a.floats().elements, b.floats().elements) {
        #expect(abs(x - y) <= roundings * Float.ulpOfOne * abs(y), "\(name): \(x), expected \(y)")
        if abs(x - y) > roundings * Float.ulpOfOne * abs(y) { break }
      }
    }
    #expect(found.identity() == found.files[0].identity())
  }

  @Test(arguments: exact) func givesTheReferencesNumbers(name: String) throws {
    try expectReference(name)
  }

  // bitsandbytes multiplies a number by the row's scale and then by 1/127; here the two scales are
  // multiplied first.
  @Test func eightBitsOfBitsAndBytesDifferByRoundingOnly() throws {
    try expectReference("bnb-8", roundings: 2)
  }

  @Test(arguments: exact) func productsReadTheHeldForm(name: String) throws {
    let found = try checkpoint(inFolder: Fixture.url("quantized/\(name)"))
    for name in found.names where name.hasSuffix(".weight") {
      let stored = try found.tensor(named: name)
      let weight = stored.weight()
      let x = Tensor([Float](repeating: 1, count: weight.width)).reshaped([1, weight.width])
      let plain = x.linear(Weight(stored.floats().reshaped([stored.rows, stored.width])))
      for (a, b) in zip(x.linear(weight).elements, plain.elements) {
        // Sums of at most 128 numbers below 4.
        #expect(abs(a - b) < 1e-3, "\(name)")
      }
    }
  }

  @Test func holdsWhatItCanInFewBits() throws {
    func types(_ name: String) throws -> [ElementType] {
      let found = try checkpoint(inFolder: Fixture.url("quantized/\(name)"))
      return try found.names.filter { $0.count == 8 }.sorted()
        .map { try found.tensor(named: $0).elementType }
    }
    #expect(try types("fp8") == [.scaledFloat8, .float32])
    #expect(try types("gptq") == [.scaledUInt4, .float32])
    #expect(try types("gptq-order") == [.float32])
    #expect(try types("gptq-8") == [.scaledInt8, .float32])
    #expect(try types("gptq-v2") == [.scaledInt8])
    #expect(try types("awq") == [.scaledUInt4, .float32])
    #expect(try types("bnb-nested") == [.scaledNF4, .float32, .float32])
    #expect(try types("bnb-fp4") == [.scaledFP4, .float32, .float32])
    #expect(try types("compressed-int") == [.scaledInt8])
  }

  @Test func notesWhereAReferenceRoundsActivations() throws {
    #expect(try checkpoint(inFolder: Fixture.url("quantized/gptq")).notes.isEmpty)
    #expect(
      try checkpoint(inFolder: Fixture.url("quantized/bnb-8")).notes == [
        "its weights are dequantized from 8-bit integers; activations are not rounded to 8 bits, "
          + "which bitsandbytes does"
      ])
  }

  @Test func partsHaveNoNames() throws {
    let found = try checkpoint(inFolder: Fixture.url("quantized/awq"))
    #expect(found.names.sorted() == ["a.weight", "b.weight", "norm.weight"])
    #expect(!found.contains("a.qweight"))
    #expect(
      line { _ = try found.tensor(named: "a.scales") }?.contains("expected tensor \"a.scales\"")
        == true)
  }

  @Test func methodsThatAreNotKnownAreRefusedByName() throws {
    #expect(
      try fault("gptq", replacing: "\"gptq\"", by: "\"aqlm\"")
        == "config.json: field \"quantization_config.quant_method\": expected one of awq, "
        + "bitsandbytes, compressed-tensors, fp8, gptq; others have to be dequantized and saved by "
        + "the tool that made them, found \"aqlm\"")
    #expect(
      try fault("gptq", replacing: "\"llama\"", by: "\"gpt2\"")?.hasSuffix(
        "expected none in a model of type gpt2, whose projections are stored transposed, found gptq"
      ) == true)
    // Without the field nothing is quantized; with an empty one neither.
    let folder = try copy(
      "bnb-8", replacing: "\"quant_method\": \"bitsandbytes\"", by: "\"x\": null")
    #expect(try checkpoint(inFolder: folder.url) is QuantizedCheckpoint)
  }

  @Test(arguments: [
    ("gptq", "\"bits\": 4", "\"bits\": 3", "bits\": expected 2, 4, 8, found \"3\""),
    ("gptq", "\"bits\": 4", "\"bits\": 8", "tensor \"a.scales\": expected shape"),
    ("gptq", "\"group_size\": 32", "\"group_size\": 0", "found 0"),
    ("gptq", "\"group_size\": 32", "\"group_size\": 64", "tensor \"a.scales\": expected shape"),
    ("gptq", "\"damp_percent\": 0.1", "\"dynamic\": {\"a\": 1}", "quantization_config.dynamic"),
    ("gptq-v2", "gptq_v2", "marlin", "expected gptq, gptq_v2, found \"marlin\""),
    ("awq", "\"gemm\"", "\"gemv\"", "expected gemm, found \"gemv\""),
    ("awq", "\"zero_point\": true", "\"zero_point\": false", "zero_point\": expected true"),
    ("awq", "\"awq\"", "\"fp8\"", "quantization_config.bits"),
    ("fp8", "\"e4m3\"", "\"e5m2\"", "quantization_config.fmt\": expected e4m3, found e5m2"),
    ("fp8", "[\n   16,\n   32\n  ]", "[16]", "expected two positive numbers, found [16]"),
    ("fp8", "[\n   16,\n   32\n  ]", "[32, 32]", "tensor \"a.weight_scale_inv\": expected shape"),
    (
      "compressed-pack", "\"input_activations\": null", "\"input_activations\": {\"num_bits\": 8}",
      "config_groups.group_0.input_activations\": expected null, as activations are not rounded here"
    ),
    ("compressed-pack", "\"num_bits\": 4", "\"num_bits\": 3", "found pack-quantized with int of 3"),
    ("compressed-pack", "pack-quantized", "marlin-24", "found marlin-24 with int of 4 bits"),
    ("compressed-float", "\"type\": \"float\"", "\"type\": \"int\"", "elements of type I8"),
    ("bnb-8", "\"llm_int8_threshold\"", "\"something\"", "quantization_config.something"),
    ("bnb-nf4", "bitsandbytes", "gptq", "quantization_config"),
  ])
  func settingsThatAreNotKnownAreRefused(
    name: String, old: String, new: String, expected: String
  ) throws {
    let found = try fault(name, replacing: old, by: new)
    #expect(found?.contains(expected) == true, "\(found ?? "nothing")")
  }

  @Test func aFolderWithoutQuantizedWeightsIsRefused() throws {
    let folder = try copy("gptq")
    _ = try folder.file("model.safetensors", try Fixture.bytes("single.safetensors"))
    #expect(
      line { _ = try checkpoint(inFolder: folder.url) }?.hasSuffix(
        "tensors: expected weights quantized by gptq, found none") == true)
  }

  /// Weights whose parts don't fit together, in files that a test writes.
  @Test func partsThatDoNotFitAreRefused() throws {
    func fault(_ name: String, dropping dropped: String) throws -> String? {
      let folder = try copy(name)
      let url = folder.url.appending(component: "model.safetensors")
      var text = try Fixture.bytes("quantized/\(name)/model.safetensors")
      // Another name of the same length.
      let place = try #require(text.offset(of: Array("\"\(dropped)\"".utf8)))
      text[place + 1] = UInt8(ascii: "x")
      try Data(text).write(to: url)
      return line { _ = try checkpoint(inFolder: folder.url) }
    }
    for (name, part) in [
      ("gptq", "a.qzeros"), ("gptq", "a.scales"), ("awq", "a.qzeros"), ("bnb-nf4", "a.weight"),
      ("bnb-nf4", "a.weight.absmax"), ("bnb-nf4", "a.weight.quant_map"),
      ("bnb-nested", "a.weight.nested_quant_map"), ("bnb-8", "a.weight"),
      ("compressed-pack", "a.weight_shape"), ("compressed-zero", "a.weight_zero_point"),
      ("compressed-float", "a.weight"), ("fp8", "a.weight_scale_inv"),
    ] {
      let found = try fault(name, dropping: part)
      #expect(found?.contains("expected tensor \"\(part)\", found none") == true, "\(found ?? "-")")
    }
  }
}

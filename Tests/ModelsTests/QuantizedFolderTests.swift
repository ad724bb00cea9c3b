import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// A folder whose weights another tool has quantized computes as one with what they stand for.
@Suite struct QuantizedFolderTests {
  private let temporary: TemporaryFolder
  private let other: TemporaryFolder

  init() throws { (temporary, other) = (try TemporaryFolder(), try TemporaryFolder()) }

  private let settings = JSONValue.object([
    .init(key: "bits", value: .integer(4)), .init(key: "group_size", value: .integer(8)),
    .init(key: "quant_method", value: .string("gptq")),
  ])

  /// The model of llama-gqa with quantized projections, and with the weights that they stand for.
  private func folders() throws -> (quantized: URL, plain: URL) {
    let quantized = try temporary.copy("llama-gqa")
    let weights = quantized.appending(component: "model.safetensors")
    let fixture = Fixtures.url("../checkpoints/quantized-llama.safetensors")
    try Data(contentsOf: fixture).write(to: weights)
    try ModelFixture.set(["quantization_config": settings], in: quantized)
    let plain = try other.copy("llama-gqa")
    let found = try checkpoint(inFolder: quantized)
    try Safetensors.write(
      found.names.map { ($0, try found.tensor(named: $0).floats()) },
      to: plain.appending(component: "model.safetensors"))
    return (quantized, plain)
  }

  @Test func givesTheLogitsOfTheDequantizedFolder() throws {
    let (quantized, plain) = try folders()
    let input = ModelInput.tokens([5, 9, 2, 14, 3, 8, 20, 31])
    let logits = try [quantized, plain].map { url in
      try #require(
        try ModelFixture.load(url).run(Request([input], logits: everywhere([input]))).logits)
    }
    expectSame(logits[0], logits[1], "gptq")
    // Rounding to 4 bits shows.
    let original = try #require(
      try ModelFixture.load(Fixtures.url("llama-gqa")).run(
        Request([input], logits: everywhere([input]))
      ).logits)
    #expect(zip(original.elements, logits[0].elements).contains { abs($0 - $1) > 1e-3 })
  }

  @Test func aQuantizedFolderIsNotWrittenAnew() throws {
    let (quantized, _) = try folders()
    let model = try LanguageModel(contentsOf: quantized)
    let target = quantized.deletingLastPathComponent().appending(component: "written")
    #expect(
      line { try model.write(adding: [], to: target) }?
        .contains("merge into the folder that it was quantized from")
        == true)
  }
}

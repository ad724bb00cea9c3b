import Foundation
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// A real BERT, which `make model` fetches, or MINILM names.
private let miniLM = RealModel(
  reference: "minilm.json", variable: "MINILM", path: ".models/MiniLM")

private struct MiniLMReference: Decodable {
  struct Text: Decodable {
    let parts: [String]
    let ids: [Int]
    let types: [Int]
    let hidden: [[Float]]
    let pooled: [Float]
  }

  struct Tokens: Decodable {
    let sentences: Int
    let fnv1a: String
  }

  let stride: Int
  let texts: [Text]
  let sst2: Tokens
}

@Suite(.enabled(if: miniLM.isThere, "needs MiniLM: make model"), .tags(.realModel))
struct MiniLMTests {
  private let reference: MiniLMReference
  private let model: LanguageModel

  init() throws {
    reference = try JSONDecoder().decode(
      MiniLMReference.self, from: Data(contentsOf: Fixtures.url(miniLM.reference)))
    model = try LanguageModel(contentsOf: miniLM.url)
  }

  /// Every hidden state of texts in several scripts and of a pair, alone and in a batch: 1e-4, as
  /// rounding differs in sums of up to 1,536 terms over 6 layers.
  @Test func hiddenStates() throws {
    let inputs = reference.texts.map { text in
      text.parts.count == 1
        ? model.encode(text.parts[0]).input : model.encode(text.parts[0], text.parts[1]).input
    }
    for (input, text) in zip(inputs, reference.texts) {
      #expect(input.tokenIDs == text.ids, "\(text.parts)")
      let types: [Int] =
        if case .segments(_, let types) = input { types } else { text.ids.map { _ in 0 } }
      #expect(types == text.types, "\(text.parts)")
    }
    let bert = try #require(model.architecture as? Bert)
    for batch in [inputs] + inputs.map({ [$0] }) {
      let texts =
        batch.count == 1 ? reference.texts.filter { $0.ids == batch[0].tokenIDs } : reference.texts
      let ends = batch.map { [0, $0.length - 1] }
      let captures =
        [Cells(.blockInput, layer: 0, positions: ends)]
        + (0..<6).map { Cells(.blockOutput, layer: $0, positions: ends) }
      let states = try model.run(Request(batch, captures: captures)).captures
      for (index, text) in texts.enumerated() {
        for (number, expected) in text.hidden.enumerated() {
          let row = states[number / 2].row(2 * index + number % 2).elements
          expectClose(
            strided(row), expected, absolute: 1e-4, relative: 0, "\(text.parts) \(number)")
        }
        let pooled = try #require(bert.pooled(states[6].rowSlice(2 * index..<2 * index + 1)))
        expectClose(strided(pooled.elements), text.pooled, absolute: 1e-4, relative: 0, "pooled")
      }
    }
  }

  private func strided(_ row: [Float]) -> [Float] {
    stride(from: 0, to: row.count, by: reference.stride).map { row[$0] }
  }

  @Test func whatItIsAndWhatItCannotDo() throws {
    let architecture = model.architecture
    #expect(architecture.name == "bert" && architecture.layers == 6 && architecture.width == 384)
    #expect(architecture.vocabulary == 30522 && model.tokenizer.count == 30522)
    #expect(architecture.parameterCount == 22_713_216 && architecture.outputs == 0)
    #expect(model.tokenizer.mask == 103)
    #expect(
      line { _ = try model.logits(after: "a") }
        == "this bert model has no head, so no outputs: only its hidden vectors can be read")
  }

  private static let sst2 = URL(
    filePath: ProcessInfo.processInfo.environment["INTERCHANGE_DATA"]
      ?? Fixtures.folder.appending(path: "../../../../shared/data").standardized.path
  ).appending(path: "glue/SST-2")

  /// Every sentence of SST-2, by the hash of all tokens; from `tokenizer.json` and from
  /// `vocab.txt`.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: sst2.path), "needs GLUE's SST-2"))
  func tokensOfSST2() throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    for name in ["vocab.txt", "tokenizer_config.json"] {
      try FileManager.default.copyItem(
        at: miniLM.url.appending(component: name), to: temporary.url.appending(component: name))
    }
    let tokenizers = [model.tokenizer, try Tokenizer(folder: temporary.url)]
    var hashes = tokenizers.map { _ in UInt64(0xCBF2_9CE4_8422_2325) }
    var count = 0
    for name in ["train.tsv", "dev.tsv"] {
      let bytes = try Data(contentsOf: Self.sst2.appending(component: name))
      for line in bytes.split(separator: UInt8(ascii: "\n")).dropFirst() {
        let column = line.prefix { $0 != UInt8(ascii: "\t") }
        let sentence = String(decoding: column, as: UTF8.self)
        for (index, tokenizer) in tokenizers.enumerated() {
          for id in tokenizer.encode(sentence) + [0xFFFF_FFFF] {
            hashes[index] = (hashes[index] ^ UInt64(id)) &* 0x100_0000_01B3
          }
        }
        count += 1
      }
    }
    #expect(count == reference.sst2.sentences)
    let expected = UInt64(reference.sst2.fnv1a, radix: 16)
    for hash in hashes { #expect(hash == expected) }
  }
}

import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// Settings that stand in several places: where they disagree, the one that the reference takes.
@Suite struct ContradictionTests {
  private let temporary: TemporaryFolder
  private let prompt: [[Int]] = [[3, 9, 27, 14, 5, 33, 8]]

  init() throws { temporary = try TemporaryFolder() }

  private func logits(_ url: URL) throws -> [Float] {
    let run = try ModelFixture.load(url).run(.lastLogits([.tokens(prompt[0])]))
    return run.logits!.elements
  }

  private func folder(
    _ name: String, _ fields: [String: JSONValue]
  ) throws -> URL {
    let copy = temporary.url.appending(component: name)
    try FileManager.default.copyItem(at: Fixtures.url("llama-gqa"), to: copy)
    try ModelFixture.set(fields, in: copy)
    return copy
  }

  private func object(_ text: String) throws -> JSONValue {
    try JSONParser.parse(Array(text.utf8))
  }

  // MARK: - Rotary positions

  @Test func theOlderScalingStandsBeforeTheNewer() throws {
    let none: [String: JSONValue] = ["rope_parameters": .null, "rope_theta": .integer(500)]
    let linear = try object(#"{"rope_type": "linear", "factor": 4.0}"#)
    let alone = try folder("alone", none.merging(["rope_scaling": linear]) { $1 })
    let both = try folder(
      "both",
      [
        "rope_scaling": linear, "rope_theta": .integer(500),
        "rope_parameters": try object(
          #"{"rope_type": "linear", "factor": 2.0, "rope_theta": 900.0}"#),
      ])
    let newer = try folder(
      "newer",
      [
        "rope_parameters": try object(
          #"{"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}"#)
      ])
    let plain = try folder("plain", none)
    let expected = try logits(alone)
    #expect(try logits(both) == expected)
    #expect(try logits(newer) == expected)
    #expect(try logits(plain) != expected)
  }

  /// As in llama.cpp: a factor without a type is linear, older files have another name for it, 0 is
  /// none, a type "none" takes no factor, and factors for each frequency are multiplied with it.
  @Test func aFactorWithoutAType() throws {
    func file(
      _ name: String, _ keys: [(key: String, value: GGUF.Value)], factors: [Float]? = nil
    ) throws -> [Float] {
      let url = temporary.url.appending(component: name + ".gguf")
      try ModelFixture.writeGGUF(
        to: url, adding: keys.map { ("llama.rope." + $0.key, $0.value) }
      ) { tensors in
        tensors + (factors.map { [("rope_freqs.weight", Tensor($0, shape: [$0.count]))] } ?? [])
      }
      return try logits(url)
    }
    let plain = try file("plain", [])
    let linear = try file(
      "linear", [("scaling.type", .string("linear")), ("scaling.factor", .float32(4))])
    #expect(plain != linear)
    #expect(try file("factor", [("scaling.factor", .float32(4))]) == linear)
    #expect(try file("older", [("scale_linear", .float32(4))]) == linear)
    #expect(try file("zero", [("scaling.factor", .float32(0))]) == plain)
    #expect(
      try file("none", [("scaling.type", .string("none")), ("scaling.factor", .float32(4))])
        == plain)
    #expect(try file("factors", [("scaling.factor", .float32(2))], factors: [2, 2]) == linear)
  }

  // MARK: - Tied embeddings

  @Test func aHeadOfItsOwnWhereTheConfigurationTiesIt() throws {
    let values: [Float] = (0..<61 * 16).map { index in Float(index * 37 % 101) / 101 - 0.5 }
    let head = Tensor(values, shape: [61, 16])
    func model(_ name: String, tied: Bool, _ own: Tensor?) throws -> LanguageModel {
      let folder = try folder(name, ["tie_word_embeddings": .bool(tied)])
      try ModelFixture.rewrite(folder) { tensors in
        let table = tensors.first { $0.name == "model.embed_tokens.weight" }!.tensor
        return tensors + [("lm_head.weight", own ?? table)]
      }
      return try LanguageModel(contentsOf: folder)
    }
    let untied = try model("untied", tied: false, head)
    let contradicting = try model("contradicting", tied: true, head)
    let same = try model("same", tied: true, nil)
    func logits(_ model: LanguageModel) throws -> [Float] {
      try model.network.run(.lastLogits([.tokens(prompt[0])])).logits!.elements
    }
    #expect(try logits(contradicting) == logits(untied))
    #expect(contradicting.notes.count == 1)
    #expect(contradicting.notes.first?.contains("lm_head.weight differs") == true)
    #expect(untied.notes.isEmpty && same.notes.isEmpty)
    #expect(try logits(same) == self.logits(Fixtures.url("llama-gqa")))
  }

  // MARK: - Tokens that end a text

  @Test func severalEndTokens() throws {
    let copy = try folder("ends", ["eos_token_id": .array([.integer(3), .integer(5)])])
    #expect(try LanguageModel(contentsOf: copy).tokenizer.endTokens == [3, 5])
    try ModelFixture.set(
      ["eos_token_id": .array([.integer(7), .integer(9), .integer(1_000_000)])], in: copy,
      file: "generation_config.json")
    #expect(try LanguageModel(contentsOf: copy).tokenizer.endTokens == [7, 9])
    try ModelFixture.set(["eos_token_id": .null], in: copy, file: "generation_config.json")
    #expect(try LanguageModel(contentsOf: copy).tokenizer.endTokens == [3, 5])
    try ModelFixture.set(["eos_token_id": .null], in: copy)
    let own = try LanguageModel(contentsOf: copy)
    let end = try #require(own.tokenizer.endOfSequence)
    #expect(own.tokenizer.endTokens == [end])
  }

  /// A continuation ends at any of them.
  @Test func aContinuationEndsAtEach() throws {
    let model = try LanguageModel(contentsOf: Fixtures.url("llama-gqa"))
    let free = try model.network.generate(prompt, options: .init(maximumTokens: 6))[0]
    let end = free[3]
    let copy = try folder("ending", ["eos_token_id": .array([.integer(60), .integer(end)])])
    let stop = try LanguageModel(contentsOf: copy).tokenizer.endTokens
    let ended = try model.network.generate(
      prompt, options: .init(maximumTokens: 6, stopTokens: stop))[0]
    #expect(ended == Array(free.prefix(while: { $0 != end && $0 != 60 })))
    #expect(ended.count < free.count)
  }

  @Test func theEndsOfAGGUFFile() throws {
    let url = temporary.url.appending(component: "ends.gguf")
    try ModelFixture.writeGGUF(
      to: url,
      adding: [
        ("tokenizer.ggml.eos_token_id", .uint32(2)), ("tokenizer.ggml.eot_token_id", .uint32(7)),
        ("tokenizer.ggml.eom_token_id", .uint32(9)),
      ])
    #expect(try LanguageModel(contentsOf: url).tokenizer.endTokens.isSuperset(of: [2, 7, 9]))
  }

  // MARK: - Split files

  @Test func aSplitFileIsReadAsOne() throws {
    let whole = temporary.url.appending(component: "whole.gguf")
    try ModelFixture.writeGGUF(to: whole)
    let count = try GGUFFile(contentsOf: whole).names.count
    func part(_ number: Int) -> URL {
      temporary.url.appending(component: "model-0000\(number)-of-00003.gguf")
    }
    func keys(_ number: Int) -> [(key: String, value: GGUF.Value)] {
      [
        ("split.no", .uint32(UInt32(number - 1))), ("split.count", .uint32(3)),
        ("split.tensors.count", .int32(Int32(count))),
      ]
    }
    try ModelFixture.writeGGUF(to: part(1), adding: keys(1)) { Array($0.prefix(4)) }
    try ModelFixture.writeGGUF(to: part(2), adding: keys(2)) { Array($0.dropFirst(4).dropLast(7)) }
    try ModelFixture.writeGGUF(to: part(3), adding: keys(3)) { Array($0.suffix(7)) }
    let expected = try logits(whole)
    for number in 1...3 { #expect(try logits(part(number)) == expected, "part \(number)") }
    let model = try LanguageModel(contentsOf: part(2))
    #expect(try model.identity() == LanguageModel(contentsOf: part(1)).identity())
    #expect(try model.identity() != LanguageModel(contentsOf: whole).identity())

    try FileManager.default.removeItem(at: part(3))
    let missing = line { _ = try LanguageModel(contentsOf: part(1)) }
    #expect(
      missing?.hasSuffix("expected part \"model-00003-of-00003.gguf\", found none") == true,
      "\(missing ?? "-")")
    try FileManager.default.copyItem(at: part(2), to: part(3))
    let twice = line { _ = try LanguageModel(contentsOf: part(1)) }
    #expect(twice?.contains("split.no") == true, "\(twice ?? "-")")
    let renamed = temporary.url.appending(component: "renamed.gguf")
    try FileManager.default.copyItem(at: part(1), to: renamed)
    let name = line { _ = try LanguageModel(contentsOf: renamed) }
    #expect(name?.contains("-00001-of-00003.gguf") == true, "\(name ?? "-")")
  }

  // MARK: - Weights as whole numbers

  @Test func wholeNumbersAreNoWeights() throws {
    let folder = try folder("integers", [:])
    let url = folder.appending(component: "model.safetensors")
    var data = try Data(contentsOf: url)
    // The header says that a tensor of float32 numbers is one of int32, which are as long.
    let range = try #require(data.range(of: Data(#""F32""#.utf8)))
    data.replaceSubrange(range, with: Data(#""I32""#.utf8))
    try data.write(to: url)
    let found = line { _ = try LanguageModel(contentsOf: folder) }
    #expect(
      found?.contains("expected floats or one of GGUF's block types, found I32") == true,
      "\(found ?? "-")")
  }
}

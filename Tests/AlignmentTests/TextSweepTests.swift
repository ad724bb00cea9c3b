import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import Testing

/// Sweeps and single interchanges on a tiny random LLaMA.
@Suite struct TextSweepTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/models/llama-gqa.gguf")

  @Test func everyCellEqualsASingleInterchange() throws {
    let model = try LanguageModel(contentsOf: Self.file)
    let texts = [("xyzxy", "yzzyx"), ("yxzyx", "zxyzz")]
    let examples = texts.map { base, source in
      AlignmentExample(
        base: model.encode(base).input, sources: [model.encode(source).input], label: 3,
        answers: [3, 4, 5], baseLabel: 4)
    }
    let length = examples[0].base.length
    let sweep = InterchangeSweep(
      layers: 0..<3, positions: (0..<length).map { .index($0) }, batchRows: 2)
    var calls = 0
    let result = try sweep.run(model.network, on: examples) { done, total in
      calls += 1
      #expect(done == calls * length && total == 2 * 3 * length)
    }
    // One example at a time, because a run may begin with two rows only.
    #expect(calls == 2 * 3)
    for layer in 0..<3 {
      for position in 0..<length {
        let differences = try texts.map { base, source in
          let logits = try model.interchange(
            at: .blockOutput(layer, .index(position)), base: base, source: source
          ).logits
          return Double(logits[0, 3] - max(logits[0, 4], logits[0, 5]))
        }
        let cell = result.cells[layer][position]
        #expect(cell.correct == differences.count { $0 > 0 })
        let mean = differences.reduce(0, +) / 2
        // Two computations in another order: float32 rounding.
        #expect(abs(try #require(cell.logitDifference) - mean) < 1e-4)
      }
    }
  }

  @Test func positionsThatDoNotCorrespond() throws {
    let model = try LanguageModel(contentsOf: Self.file)
    #expect(
      throws: AlignmentError.positionMismatch(site: "block_output 0 @ all", base: 3, source: 1)
    ) {
      try model.interchange(at: .blockOutput(0, .all), base: "xyz", source: "x")
    }
  }
}

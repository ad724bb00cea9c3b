import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct AblationTests {
  /// Between runs of one text and of a batch with stored keys, of logits below 8.
  private static let rounding = Rounding.spread(Rounding.tinyRun, of: 8)

  /// Each cell is the base with that part ablated, judged by the base's own answer.
  @Test func cellsEqualSingleAblations() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = TinyModels.examples(5, seed: 4).enumerated().map { index, example in
      var example = example
      example.baseLabel = (example.label + 3 + index) % 61
      return example
    }
    let parts = [
      ModelPart(.mlpOutput), ModelPart(.attentionValueOutput, head: 1),
      ModelPart(.attentionValueOutput, head: 3),
    ]
    let result = try Ablation(
      of: parts, layers: [0, 2], by: ChosenIntervention(parsing: "zero")
    ).run(model, on: data)
    #expect(result.parts == parts && result.layers == [0, 2] && result.intervention == "zero")
    func difference(_ edits: (AlignmentExample) -> [Edit]) throws -> (Double, Int) {
      var (sum, right) = (0.0, 0)
      for example in data {
        let logits = try model.run(.lastLogits([example.base], edits: edits(example))).logits!
        sum += Double(logits[0, example.baseLabel] - logits[0, example.label])
        right += logits.rowMaxima()[0] == example.baseLabel ? 1 : 0
      }
      return (sum / Double(data.count), right)
    }
    let plain = try difference { _ in [] }
    #expect(abs(try #require(result.unchanged.logitDifference.value) - plain.0) < Self.rounding)
    #expect(result.unchanged.accuracy.correct == plain.1)
    for (row, layer) in result.layers.enumerated() {
      for (column, part) in parts.enumerated() {
        let wanted = try difference { example in
          [
            Edit(
              Cells(
                part.component, layer: layer, head: part.head,
                positions: [Array(0..<example.base.length)])
            ) { 0 * $0 }
          ]
        }
        let cell = result.cells[row][column]
        #expect(abs(try #require(cell.logitDifference.value) - wanted.0) < Self.rounding)
        #expect(cell.accuracy.correct == wanted.1 && cell.accuracy.n == 5)
        #expect(
          abs(try #require(result.change(layer: row, part: column)) - (wanted.0 - plain.0))
            < 2 * Self.rounding)
      }
    }
  }

  @Test func faults() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = TinyModels.examples(2, seed: 4)
    let zero = try ChosenIntervention(parsing: "zero")
    #expect(throws: AlignmentError.self) {
      try Ablation(of: [], layers: [0], by: zero).run(model, on: data)
    }
    #expect(throws: AlignmentError.self) {
      try Ablation(of: [ModelPart(.mlpOutput)], layers: [0], by: zero).run(model, on: [])
    }
    #expect(throws: ModelError.self) {
      try Ablation(of: [ModelPart(.mlpOutput, head: 0)], layers: [0], by: zero).run(model, on: data)
    }
  }
}

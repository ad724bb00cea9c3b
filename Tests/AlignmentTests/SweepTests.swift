import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct SweepTests {
  /// Between runs of one text and of a batch with stored keys, of logits below 8.
  private static let rounding = Rounding.spread(Rounding.tinyRun, of: 8)

  private static let bases = ["the rain", "in a sand", "a cat, ", "12 at "]
  private static let sources = ["a cats", "on a band", "the ho", "on the"]

  private func examples(_ model: LanguageModel) -> [AlignmentExample] {
    zip(Self.bases, Self.sources).enumerated().map { index, texts in
      AlignmentExample(
        base: model.encode(texts.0).input, sources: [model.encode(texts.1).input],
        label: [49, 60, 24, 9][index], answers: [49, 60, 24, 9], baseLabel: 0)
    }
  }

  /// Every cell equals swaps made one by one through the texts.
  @Test(
    arguments: [
      (Component.blockOutput, nil), (.attentionValueOutput, 2), (.mlpOutput, nil),
    ] as [(Component, Int?)])
  func cellsEqualSingleSwaps(component: Component, head: Int?) throws {
    let model = try TinyModels.languageModel()
    let data = examples(model)
    let positions: [Positions] = [.index(0), .index(1), .index(-2), .last]
    var told: [[Int]] = []
    let result = try InterchangeSweep(
      component: component, head: head, layers: 0..<3, positions: positions
    ).run(model.network, on: data) { told.append([$0, $1]) }
    // Four examples at four positions, layer by layer.
    #expect(told == [[16, 48], [32, 48], [48, 48]])
    #expect(result.layers == [0, 1, 2] && result.positions == ["0", "1", "-2", "-1"])
    #expect(result.component == component.rawValue && result.head == head)
    for (row, layer) in result.layers.enumerated() {
      for (column, position) in positions.enumerated() {
        let site = Site(component, layer: layer, head: head, position)
        var expected = PlainAccuracy()
        for (index, example) in data.enumerated() {
          let swap = try model.interchange(
            at: site, base: Self.bases[index], source: Self.sources[index])
          expected.count(
            swap.logits.elements.map(Double.init), label: example.label, answers: example.answers)
        }
        let cell = result.cells[row][column]
        #expect(cell.correct == expected.correct && cell.n == 4)
        #expect(abs(try #require(cell.logitDifference) - expected.meanLead) < Self.rounding)
        #expect(result.values[row][column] == cell.value)
      }
    }
  }

  /// Texts of different lengths meet at the same place from the end.
  @Test func differentLengthsAtTheLastToken() throws {
    let model = try TinyModels.languageModel()
    let (base, source) = ("the rain in a", "ho")
    #expect(model.encode(base).length != model.encode(source).length)
    let data = [
      AlignmentExample(
        base: model.encode(base).input, sources: [model.encode(source).input], label: 49,
        baseLabel: 0)
    ]
    let cell = try InterchangeSweep(layers: [1], positions: [.last]).run(model.network, on: data)
      .cells[0][0]
    let swap = try model.interchange(at: .blockOutput(1, .last), base: base, source: source)
    var expected = PlainAccuracy()
    expected.count(swap.logits.elements.map(Double.init), label: 49)
    #expect(cell.correct == expected.correct)
    #expect(abs(try #require(cell.logitDifference) - expected.meanLead) < Self.rounding)
    #expect(swap.positions == [swap.base.length - 1])
  }

  /// Named spans may lie elsewhere in the source.
  @Test func spansOfBaseAndSource() throws {
    let model = try TinyModels.model("llama-gqa")
    let (base, source) = ([5, 6, 7, 8, 9], [11, 12, 13])
    let data = AlignmentExample(
      base: .tokens(base), sources: [.tokens(source)], baseSpans: ["word": 1..<3],
      sourceSpans: [["word": 0..<2]], label: 4, baseLabel: 0)
    let cell = try InterchangeSweep(layers: [0], positions: [.span("word")]).run(model, on: [data])
      .cells[0][0]
    let read = try model.run(
      Request([.tokens(source)], captures: [Cells(.blockOutput, layer: 0, positions: [[0, 1]])])
    ).captures[0]
    let edit = Edit(Cells(.blockOutput, layer: 0, positions: [[1, 2]])) { _ in read }
    let logits = try model.run(.lastLogits([.tokens(base)], edits: [edit])).logits
    var expected = PlainAccuracy()
    expected.count(try #require(logits).elements.map(Double.init), label: 4)
    #expect(abs(try #require(cell.logitDifference) - expected.meanLead) < Self.rounding)
  }

  @Test func codingRefusesCellsThatDoNotFillTheTable() throws {
    let network = Model(Perceptron(inputs: 2, width: 3, layers: 1, outputs: 2, seed: 0))
    let data = AlignmentExample(
      base: .vectors([[1, 0]]), sources: [.vectors([[0, 1]])], label: 0, baseLabel: 0)
    let result = try InterchangeSweep(layers: [0], positions: [.last]).run(network, on: [data])
    let json = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(SweepResult.self, from: json).cells == result.cells)
    for (old, new) in [(#""layers":[0]"#, #""layers":[0,1]"#), (#"["-1"]"#, "[]")] {
      let damaged = String(decoding: json, as: UTF8.self).replacing(old, with: new)
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(SweepResult.self, from: Data(damaged.utf8))
      }
    }
  }
}

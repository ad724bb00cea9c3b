import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Sweeps whose cells change several adjacent layers together.
@Suite struct WindowSweepTests {
  /// Between runs of one text and of a batch with stored keys, of logits below 8.
  private static let rounding = Rounding.spread(Rounding.tinyRun, of: 8)

  private func examples(seed: UInt64 = 4, pair: Bool = false) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: seed)
    func input() -> ModelInput {
      let ids = (0..<6).map { _ in Int.random(in: 4..<40, using: &generator) }
      return pair ? .pair(source: .tokens(ids), target: [2, ids[0], ids[1]]) : .tokens(ids)
    }
    return (0..<4).map {
      AlignmentExample(
        base: input(), sources: [input()], label: 5 + $0, answers: [5, 6, 7, 8], baseLabel: 9)
    }
  }

  /// The windows of three layers, by width: at the ends those that there are, of an even number one
  /// more below.
  private static let windows: [Int: [ClosedRange<Int>]] = [
    1: [0...0, 1...1, 2...2], 2: [0...0, 0...1, 1...2], 3: [0...1, 0...2, 1...2],
    4: [0...1, 0...2, 0...2], 9: [0...2, 0...2, 0...2],
  ]

  /// Every cell is a run of each base with the source's values at all of the window's layers.
  @Test(
    arguments: [
      (.mlpOutput, nil), (.attentionOutput, nil), (.attentionValueOutput, 1), (.blockOutput, nil),
    ] as [(Component, Int?)])
  func cellsArePlainRuns(component: Component, head: Int?) throws {
    let model = try TinyModels.model("llama-gqa")
    let data = examples()
    for (width, windows) in Self.windows {
      let result = try InterchangeSweep(
        component: component, head: head, layers: 0..<3, window: width,
        positions: [.index(1), .last]
      ).run(model, on: data)
      #expect(result.window == (width > 1 ? width : nil))
      for (row, window) in windows.enumerated() {
        for (column, position) in [1, 5].enumerated() {
          let expected = try plain(
            model, data, component, head, layers: Array(window), read: position, at: position)
          let cell = result.cells[row][column]
          let label = "\(component.rawValue) \(width): \(window) @ \(position)"
          #expect(cell.correct == expected.correct && cell.n == 4, "\(label)")
          #expect(
            abs(try #require(cell.logitDifference) - expected.meanLead) < Self.rounding, "\(label)")
        }
      }
    }
  }

  /// One run per example with edits at all layers, whose values were read in the plain source.
  private func plain(
    _ model: Model, _ data: [AlignmentExample], _ component: Component, _ head: Int?,
    layers: [Int], read: Int, at position: Int
  ) throws -> PlainAccuracy {
    var accuracy = PlainAccuracy()
    for example in data {
      func cells(_ position: Int) -> [Cells] {
        layers.map { Cells(component, layer: $0, head: head, positions: [[position]]) }
      }
      let found = try model.run(Request([example.sources[0]], captures: cells(read))).captures
      let edits = zip(cells(position), found).map { cells, rows in Edit(cells) { _ in rows } }
      let logits = try model.run(model.measuring([example.base], edits: edits)).logits
      accuracy.count(
        try #require(logits).elements.map(Double.init), label: example.label,
        answers: example.answers)
    }
    return accuracy
  }

  /// Windows end where a stack does.
  @Test(arguments: [0, 1]) func windowsOfAStack(number: Int) throws {
    let model = try ArchitectureFixtures.model("t5")
    let stacks = try #require(model.architecture.stacks)
    let (below, all) = (stacks.encoder.layers, model.architecture.layers)
    let stack = number == 0 ? 0..<below : below..<all
    let data = examples(pair: true)
    let result = try InterchangeSweep(
      component: .mlpOutput, layers: stack, window: 2 * all, positions: [.index(1)]
    ).run(model, on: data)
    let expected = try plain(
      model, data, .mlpOutput, nil, layers: Array(stack), read: 1, at: 1)
    for row in result.cells {
      #expect(abs(try #require(row[0].logitDifference) - expected.meanLead) < Self.rounding)
    }
  }

  /// Other interventions are made at each of the layers.
  @Test func meansAtAllLayers() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = examples()
    let result = try InterchangeSweep(
      component: .mlpOutput, layers: [1], window: 3, positions: [.index(3)],
      intervention: ChosenIntervention(parsing: "zero")
    ).run(model, on: data)
    var expected = PlainAccuracy()
    for example in data {
      let edits = (0..<3).map { layer in
        Edit(Cells(.mlpOutput, layer: layer, positions: [[3]])) { 0 * $0 }
      }
      let logits = try model.run(model.measuring([example.base], edits: edits)).logits
      expected.count(
        try #require(logits).elements.map(Double.init), label: example.label,
        answers: example.answers)
    }
    let cell = result.cells[0][0]
    #expect(cell.correct == expected.correct)
    #expect(abs(try #require(cell.logitDifference) - expected.meanLead) < Self.rounding)
  }

  /// What reads the changed run itself can't have several layers, and a journal is of one window.
  @Test func whatIsRefused() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = examples()
    func fault(_ sweep: InterchangeSweep, _ journal: SweepJournal? = nil) -> String {
      do {
        _ = try sweep.run(model, on: data, journal: journal)
        return "none"
      } catch {
        return "\(error)"
      }
    }
    let skip = try ChosenIntervention(parsing: "skip")
    var sweep = InterchangeSweep(layers: [1], window: 2, positions: [.last], intervention: skip)
    #expect(
      fault(sweep).contains(
        "expected 1 with the intervention skip: what it puts in depends on the changes below, "
          + "found 2"))
    sweep.window = 1
    #expect(fault(sweep) == "none")
    sweep.window = 0
    #expect(fault(sweep).contains("at least 1"))
    let url = FileManager.default.temporaryDirectory.appending(component: "\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: url) }
    func journal() -> SweepJournal { SweepJournal(url, model: "m", resumes: true) }
    var own = InterchangeSweep(layers: [0, 1], window: 3, positions: [.last])
    #expect(fault(own, journal()) == "none")
    #expect(fault(own, journal()) == "none")
    for other in [1, 2] {
      own.window = other
      #expect(fault(own, journal()).contains("window"))
    }
  }

  @Test func recordsHaveTheirWindow() throws {
    let model = try TinyModels.model("llama-gqa")
    let result = try InterchangeSweep(layers: [0, 1], window: 2, positions: [.last])
      .run(model, on: examples())
    let json = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(SweepResult.self, from: json).window == 2)
    let damaged = String(decoding: json, as: UTF8.self)
      .replacing("\"window\":2", with: "\"window\":0")
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(SweepResult.self, from: Data(damaged.utf8))
    }
    let single = try InterchangeSweep(layers: [0], positions: [.last]).run(model, on: examples())
    #expect(!String(decoding: try JSONEncoder().encode(single), as: UTF8.self).contains("window"))
  }
}

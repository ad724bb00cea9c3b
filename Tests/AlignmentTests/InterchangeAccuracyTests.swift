import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// Accuracies against an independent implementation in plain loops.
@Suite struct InterchangeAccuracyTests {
  private let network = Perceptron(inputs: 6, width: 10, layers: 3, outputs: 4, seed: 11)

  private func examples(
    _ count: Int, sources: Int = 1, answers: [Int] = [], seed: UInt64
  ) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: seed)
    return (0..<count).map { _ in
      func input() -> ModelInput { .vectors([(0..<6).map { _ in Float(generator.normal()) }]) }
      return AlignmentExample(
        base: input(), sources: (0..<sources).map { _ in input() },
        label: Int.random(in: 0..<(answers.isEmpty ? 4 : 2), using: &generator), answers: answers,
        baseLabel: 0)
    }
  }

  private func expect(
    _ found: Accuracy?, _ expected: PlainAccuracy, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(found, sourceLocation: sourceLocation)
    #expect(found.n == expected.leads.count, sourceLocation: sourceLocation)
    #expect(found.correct == expected.correct, sourceLocation: sourceLocation)
    // float32 sums of ten terms through three layers against doubles.
    let difference = try #require(found.logitDifference, sourceLocation: sourceLocation)
    #expect(abs(difference - expected.meanLead) < 1e-5, sourceLocation: sourceLocation)
  }

  private func rows(_ rotation: Rotation) -> [[Double]] {
    let frame = rotation.frame
    return (0..<frame.rows).map { row in
      (0..<frame.width).map { Double(frame[row, $0]) }
    }
  }

  /// Every figure of a report, at each layer: held out, train, and the whole vector.
  @Test(arguments: 0..<3) func reportEqualsPlainLoops(layer: Int) throws {
    let (train, test) = (examples(40, seed: 1), examples(37, seed: 2))
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize) = (2, 16)
    let alignment = try DistributedAlignmentSearch(
      site: .blockOutput(layer, .last), dimensions: 3, settings: settings
    ).fit(Model(network), on: train)
    let report = try alignment.evaluate(on: test, controls: [.fullVector])
    let (plain, directions) = (PlainPerceptron(network), rows(alignment.rotation))
    func counted(_ examples: [AlignmentExample]) -> PlainAccuracy {
      var accuracy = PlainAccuracy()
      for example in examples {
        let source = vector(example.sources[0])
        let outputs = plain.outputs(
          base: vector(example.base), layer: layer, swapping: directions.map { ($0, source) })
        accuracy.count(outputs, label: example.label)
      }
      return accuracy
    }
    try expect(report.test, counted(test))
    try expect(report.train, counted(train))
    var whole = PlainAccuracy()
    for example in test {
      let outputs = plain.outputs(
        base: vector(example.base), layer: layer, whole: vector(example.sources[0]))
      whole.count(outputs, label: example.label)
    }
    try expect(report.control(.fullVector)?.iia, whole)
  }

  /// Each source has its own block of rows, and all are swapped together.
  @Test func severalSources() throws {
    let data = examples(30, sources: 2, seed: 3)
    var settings = AlignmentSettings()
    settings.epochs = 1
    let alignment = try DistributedAlignmentSearch(
      site: .blockOutput(1, .last), blocks: [2, 3], settings: settings
    ).fit(Model(network), on: data)
    let (plain, directions) = (PlainPerceptron(network), rows(alignment.rotation))
    var expected = PlainAccuracy()
    for example in data {
      let swaps = directions.enumerated().map { row, direction in
        (direction: direction, source: vector(example.sources[row < 2 ? 0 : 1]))
      }
      expected.count(
        plain.outputs(base: vector(example.base), layer: 1, swapping: swaps), label: example.label)
    }
    try expect(try alignment.evaluate(on: data, controls: []).test, expected)
  }

  /// Only the example's answers are compared where it has some.
  @Test func rivalsAreTheAnswers() throws {
    let data = examples(60, answers: [0, 1], seed: 4)
    let result = try InterchangeSweep(layers: [1], positions: [.last]).run(Model(network), on: data)
    let plain = PlainPerceptron(network)
    var (among, overall) = (PlainAccuracy(), PlainAccuracy())
    for example in data {
      let outputs = plain.outputs(
        base: vector(example.base), layer: 1, whole: vector(example.sources[0]))
      among.count(outputs, label: example.label, answers: [0, 1])
      overall.count(outputs, label: example.label)
    }
    #expect(among.correct != overall.correct, "the data tells the two apart")
    try expect(result.cells[0][0], among)
  }

  /// A tie is no success: the label has to be ahead.
  @Test func tiesAreWrong() throws {
    let zero = Perceptron(
      hidden: [.init(weight: .zeros([2, 1]), bias: .zeros([2]))],
      readout: .init(weight: .zeros([3, 2]), bias: .zeros([3])))
    let example = AlignmentExample(
      base: .vectors([[1]]), sources: [.vectors([[2]])], label: 0, baseLabel: 0)
    let result = try InterchangeSweep(layers: [0], positions: [.last])
      .run(Model(zero), on: [example])
    #expect(result.cells[0][0] == Accuracy(correct: 0, n: 1, logitDifference: 0))
  }

  /// A result doesn't depend on how the examples are cut into batches.
  @Test func batchSizeChangesNothing() throws {
    let data = TinyModels.examples(13, seed: 6)
    let model = try TinyModels.model("llama-mha")
    let results = try [1, 4, 13].map { size in
      try InterchangeSweep(layers: [0, 2], positions: [.index(0), .last], batchRows: size)
        .run(model, on: data)
    }
    for other in results.dropFirst() {
      for (a, b) in zip(results[0].cells.joined(), other.cells.joined()) {
        #expect(a.correct == b.correct)
        // Sums of 16 terms may be taken in another order for another number of rows.
        #expect(abs(try #require(a.logitDifference) - (try #require(b.logitDifference))) < 1e-5)
      }
    }
  }
}

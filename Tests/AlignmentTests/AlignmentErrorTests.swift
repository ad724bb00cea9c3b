import InterchangeAlignment
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// Every mistake of a user is told in one line, before any work.
@Suite struct AlignmentErrorTests {
  private let signs: TwoSigns
  private let data = TwoSigns.changingA(16, seed: 1)

  init() throws { signs = try TwoSigns() }

  @Test func noExamples() throws {
    #expect(throws: AlignmentError.noExamples(reason: "the data set is empty")) {
      try signs.search().fit(signs.model, on: [])
    }
    #expect(throws: AlignmentError.noExamples(reason: "the data set is empty")) {
      try InterchangeSweep(layers: [0], positions: [.last]).run(signs.model, on: [])
    }
    let alignment = try signs.search(quick).fit(signs.model, on: data)
    #expect(throws: AlignmentError.noExamples(reason: "the data set is empty")) {
      try alignment.evaluate(on: [])
    }
  }

  private var quick: AlignmentSettings {
    var settings = AlignmentSettings()
    settings.epochs = 1
    return settings
  }

  @Test func wrongSettings() {
    let wrong: [(String, (inout AlignmentSettings) -> Void)] = [
      ("epochs: expected at least 1, found 0", { $0.epochs = 0 }),
      ("batch size: expected at least 1, found 0", { $0.batchSize = 0 }),
      ("learning rate: expected a number above 0, found 0.0", { $0.learningRate = 0 }),
      ("learning rate: expected a number above 0, found nan", { $0.learningRate = .nan }),
      ("learning rate: expected a number above 0, found inf", { $0.learningRate = .infinity }),
      ("warm-up: expected 0 to 1, found 1.5", { $0.warmup = 1.5 }),
      ("warm-up: expected 0 to 1, found nan", { $0.warmup = .nan }),
      ("validation share: expected 0 to 1, found 1.0", { $0.validationShare = 1 }),
      ("validation share: expected 0 to 1, found nan", { $0.validationShare = .nan }),
      ("patience: expected at least 1, found 0", { $0.patience = 0 }),
    ]
    for (message, change) in wrong {
      var settings = AlignmentSettings()
      change(&settings)
      #expect(line { _ = try signs.search(settings).fit(signs.model, on: data) } == message)
    }
  }

  @Test(arguments: [
    ([9], "rank 9 is out of range: expected 1 to 8, the width of the site"),
    ([0], "rank 0 is out of range: expected 1 to 8, the width of the site"),
    ([-1], "rank -1 is out of range: expected 1 to 8, the width of the site"),
    ([], "rank 0 is out of range: expected 1 to 8, the width of the site"),
    ([.max], "rank 9223372036854775807 is out of range: expected 1 to 8, the width of the site"),
  ])
  func wrongRank(blocks: [Int], message: String) {
    let search = DistributedAlignmentSearch(site: signs.site, blocks: blocks)
    #expect(line { _ = try search.fit(signs.model, on: data) } == message)
  }

  @Test func blocksThatDoNotFitTogether() {
    let both = TwoSigns.changingBoth(8, seed: 1)
    for blocks in [[8, 1], [0, 3], [4, .max], [-2, 4]] {
      let search = DistributedAlignmentSearch(site: signs.site, blocks: blocks)
      #expect(throws: InterventionError.self) { try search.fit(signs.model, on: both) }
    }
  }

  @Test func wrongNumberOfSources() throws {
    #expect(throws: AlignmentError.sourceMismatch(expected: 1, found: 2)) {
      try signs.search().fit(signs.model, on: TwoSigns.changingBoth(8, seed: 1))
    }
    #expect(throws: AlignmentError.sourceMismatch(expected: 1, found: 2)) {
      try signs.search().fit(signs.model, on: data + TwoSigns.changingBoth(8, seed: 1))
    }
    let alignment = try DistributedAlignmentSearch(
      site: signs.site, blocks: [1, 1], settings: quick
    ).fit(signs.model, on: TwoSigns.changingBoth(8, seed: 1))
    #expect(throws: AlignmentError.sourceMismatch(expected: 2, found: 1)) {
      try alignment.evaluate(on: data)
    }
  }

  @Test func startThatDoesNotFit() throws {
    #expect(
      line {
        _ = try signs.search().fit(
          signs.model, on: data, start: .random(rank: 2, width: 8, seed: 0))
      } == "starting rotation: expected rank 1, found rank 2")
    #expect(
      line {
        _ = try signs.search().fit(
          signs.model, on: data, start: .random(rank: 1, width: 4, seed: 0))
      } == "starting rotation: made for vectors of width 4, the site has width 8")
  }

  @Test func siteThatDoesNotExist() {
    let sites: [(Site, ModelError)] = [
      (.blockOutput(1, .last), .layerOutOfRange(layer: 1, layers: 1)),
      (.blockOutput(-1, .last), .layerOutOfRange(layer: -1, layers: 1)),
      (
        .mlpOutput(0, .last),
        .noSuchComponent(component: "mlp_output", architecture: "perceptron")
      ),
      (.blockOutput(0, .index(1)), .positionOutOfRange(position: 1, length: 1)),
      (.blockOutput(0, .span("subject")), .noSuchSpan(name: "subject", known: [])),
    ]
    for (site, expected) in sites {
      #expect(throws: expected) {
        try DistributedAlignmentSearch(site: site, dimensions: 1).fit(signs.model, on: data)
      }
    }
  }

  @Test func positionsThatDoNotCorrespond() throws {
    let model = try TinyModels.model("llama-gqa")
    let example = AlignmentExample(
      base: .tokens([5, 6, 7]), sources: [.tokens([5, 6, 7, 8])], label: 1, baseLabel: 0)
    let expected = AlignmentError.positionMismatch(
      site: "block_output 1 @ all", base: 3, source: 4)
    #expect(throws: expected) {
      try DistributedAlignmentSearch(site: .blockOutput(1, .all), dimensions: 1)
        .fit(model, on: [example])
    }
    #expect(throws: ModelError.positionOutOfRange(position: 3, length: 3)) {
      try InterchangeSweep(layers: [0], positions: [.index(3)]).run(model, on: [example])
    }
  }

  @Test func sweepOfNothing() {
    for sweep in [
      InterchangeSweep(layers: [Int](), positions: [.last]),
      InterchangeSweep(layers: [0], positions: []),
      InterchangeSweep(layers: [0], positions: [.last], batchRows: 0),
    ] {
      #expect(throws: AlignmentError.self) { try sweep.run(signs.model, on: data) }
    }
  }

  /// A loss that is no number ends the fit, with the step.
  @Test func divergence() {
    let network = Perceptron(
      hidden: [signs.network.hidden[0]],
      readout: .init(
        weight: Tensor(repeating: .nan, shape: [4, 8]), bias: .zeros([4])))
    #expect(throws: AlignmentError.diverged(step: 0)) {
      try signs.search().fit(Model(network), on: data)
    }
  }

  @Test func everyErrorIsOneLine() {
    let errors: [AlignmentError] = [
      .noExamples(reason: "none"), .positionMismatch(site: "s", base: 1, source: 2),
      .notInText(text: "base", reason: "r"), .sourceMismatch(expected: 1, found: 2),
      .diverged(step: 3), .invalidSetting(name: "n", expected: "e", found: "f"),
      .answerNotSingleToken(answer: "a", tokens: 2),
    ]
    for error in errors {
      #expect(!error.description.isEmpty && !error.description.contains("\n"))
    }
  }
}

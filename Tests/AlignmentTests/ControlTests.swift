import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// The meaning of each control, where its figure is known.
@Suite struct ControlTests {
  private func fitted(_ signs: TwoSigns, epochs: Int = 40) throws -> Alignment {
    var settings = TwoSigns.settings
    settings.epochs = epochs
    return try signs.search(settings).fit(signs.model, on: TwoSigns.changingA(128, seed: 1))
  }

  /// Every architecture, every kind of site, one and several positions: no logit changes at all.
  @Test(arguments: ["llama-mha", "llama-gqa", "llama-bias", "llama-sharded"])
  func selfSwapChangesNothing(folder: String) throws {
    let model = try TinyModels.model(folder)
    let data = TinyModels.examples(12, seed: 1)
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize) = (1, 5)
    // A rotation needs two dimensions, and one width for all texts.
    let components = Component.allCases.filter {
      model.architecture.dimensions(of: $0).map { !$0.isPerPosition && $0.width > 1 } ?? false
    }
    for component in components {
      for (layer, positions) in [(0, Positions.all), (1, .last), (2, .firstAndLast(1, 1))]
      where model.architecture.hasComponent(component, layer: layer) {
        let site = Site(component, layer: layer, head: component.hasHeads ? 0 : nil, positions)
        let alignment = try DistributedAlignmentSearch(
          site: site, dimensions: 2, settings: settings
        ).fit(model, on: data)
        let report = try alignment.evaluate(on: data, controls: [.selfSwap])
        #expect(report.control(.selfSwap)?.largestChange == 0, "\(site)")
      }
    }
  }

  @Test func selfSwapOfSeveralSources() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = TinyModels.examples(9, sources: 3, seed: 2)
    var settings = AlignmentSettings()
    settings.epochs = 1
    let alignment = try DistributedAlignmentSearch(
      site: .blockOutput(1, .all), blocks: [1, 4, 2], settings: settings
    ).fit(model, on: data)
    #expect(
      try alignment.evaluate(on: data, controls: [.selfSwap]).control(.selfSwap)?.largestChange == 0
    )
  }

  /// The self-swap's accuracy is the base run's against the counterfactual labels.
  @Test func selfSwapGivesTheBasesAnswer() throws {
    let signs = try TwoSigns()
    let report = try fitted(signs, epochs: 1)
      .evaluate(on: TwoSigns.changingA(40, seed: 2), controls: [.selfSwap])
    let control = try #require(report.control(.selfSwap))
    #expect(control.largestChange == 0)
    #expect(control.iia.correct == 0, "every label differs from the base's answer")
  }

  @Test func fullVectorIsTheSweepsCell() throws {
    let signs = try TwoSigns()
    let data = TwoSigns.changingA(50, seed: 3)
    let report = try fitted(signs, epochs: 1).evaluate(on: data, controls: [.fullVector])
    let sweep = try InterchangeSweep(layers: [0], positions: [.last]).run(signs.model, on: data)
    #expect(report.control(.fullVector)?.iia == sweep.cells[0][0])
  }

  @Test func randomSubspacesArePooled() throws {
    let signs = try TwoSigns()
    let report = try fitted(signs, epochs: 1)
      .evaluate(on: TwoSigns.changingA(25, seed: 2), controls: [.randomSubspaces])
    let control = try #require(report.control(.randomSubspaces))
    let each = try #require(control.each)
    #expect(each.count >= 20)
    #expect(Set(each).count > 1, "the subspaces differ")
    #expect(control.iia.n == 25 * each.count)
    #expect(abs(each.reduce(0, +) / Double(each.count) - control.iia.value) < 1e-12)
  }

  /// The largest variance is the variable's, or the noise's: PCA finds the one and not the other.
  @Test(arguments: [(Float(3), Float(1), true), (0.5, 3, false)])
  func principalComponents(variable: Float, noise: Float, isFound: Bool) throws {
    let signs = try TwoSigns(scales: [variable, 0.5, noise, 0.5])
    let report = try fitted(signs, epochs: 1)
      .evaluate(on: TwoSigns.changingA(40, seed: 2), controls: [.principalComponents])
    let control = try #require(report.control(.principalComponents))
    #expect(isFound ? control.iia.value == 1 : control.iia.value < 0.1)
    #expect(control.note.hasPrefix("the first 1 principal components"))
  }

  /// They are those of the training sources, whatever varies most in the test's.
  @Test func principalComponentsOfTheTrainingSources() throws {
    let signs = try TwoSigns(scales: [3, 0.5, 1, 0.5])
    let test = TwoSigns.changingA(40, seed: 2).map { example in
      var example = example
      example.sources = example.sources.map { source in
        guard case .vectors(var rows) = source else { return source }
        rows[0][2] *= 10
        return .vectors(rows)
      }
      return example
    }
    let report = try fitted(signs, epochs: 1).evaluate(on: test, controls: [.principalComponents])
    #expect(try #require(report.control(.principalComponents)).iia.value == 1)
  }

  /// The learned subspace writes the shuffled source's a: the label's in half of the examples.
  @Test func shuffledSourcesAreChance() throws {
    let signs = try TwoSigns()
    let alignment = try fitted(signs)
    let report = try alignment.evaluate(
      on: TwoSigns.changingA(200, seed: 2), controls: [.shuffledSources])
    #expect(report.test.value == 1)
    // A binomial's deviation is 0.035 here.
    #expect(abs(try #require(report.control(.shuffledSources)).iia.value - 0.5) < 0.14)
  }

  /// Sources trade places only where they have as many positions.
  @Test func shuffledSourcesOfDifferentLengths() throws {
    let model = try TinyModels.model("llama-gqa")
    var settings = AlignmentSettings()
    settings.epochs = 1
    let alignment = try DistributedAlignmentSearch(
      site: .blockOutput(0, .all), dimensions: 4, settings: settings
    ).fit(model, on: TinyModels.examples(12, seed: 1))
    let test = TinyModels.examples(11, seed: 2)
    let report = try alignment.evaluate(on: test, controls: [.shuffledSources])
    let shuffled = try #require(report.control(.shuffledSources))
    #expect(shuffled.iia.n == 11)
    #expect(shuffled.iia.logitDifference != report.test.logitDifference)
  }

  /// The same fit on another model: on this very model it is the fit itself, on random weights
  /// chance.
  @Test func randomModelIsFittedAnew() throws {
    let signs = try TwoSigns()
    let alignment = try fitted(signs)
    let test = TwoSigns.changingA(100, seed: 2)
    let own = try alignment.evaluate(on: test, controls: [.randomModel], randomModel: signs.model)
    #expect(own.control(.randomModel)?.iia == own.test)
    let random = try alignment.evaluate(on: test, controls: [.randomModel])
    #expect(try #require(random.control(.randomModel)).iia.value < 0.6)
  }

  @Test func onlyTheChosenOnesInTheirOrder() throws {
    let signs = try TwoSigns()
    let alignment = try fitted(signs, epochs: 1)
    var told: [String] = []
    let report = try alignment.evaluate(
      on: TwoSigns.changingA(10, seed: 2), controls: [.shuffledSources, .selfSwap]
    ) { told.append($0) }
    #expect(report.controls.map(\.name) == ["self_swap", "shuffled_sources"])
    #expect(told == ["self_swap", "shuffled_sources"])
    #expect(report.control(.randomModel) == nil)
    #expect(report.controls.allSatisfy { $0.iia.interval.count == 2 && !$0.note.isEmpty })
  }
}

import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// DAS with all of its controls on every architecture.
@Suite struct ArchitectureAlignmentTests {
  /// Sequences of six tokens, each with the output that the model gives its source.
  private func examples(_ model: Model, count: Int) throws -> [AlignmentExample] {
    var generator = RandomGenerator(seed: 6)
    func input() -> ModelInput {
      .tokens((0..<6).map { _ in Int.random(in: 4..<40, using: &generator) })
    }
    let pairs = (0..<count).map { _ in (input(), input()) }
    func outputs(_ inputs: [ModelInput]) throws -> [Int] {
      try #require(try model.run(model.measuring(inputs)).logits).rowMaxima()
    }
    let (bases, sources) = (try outputs(pairs.map(\.0)), try outputs(pairs.map(\.1)))
    return pairs.indices.map {
      AlignmentExample(
        base: pairs[$0].0, sources: [pairs[$0].1], label: sources[$0], baseLabel: bases[$0])
    }
  }

  /// The whole vector at the output's position after the last block carries the output; a swap with
  /// itself changes nothing; the random model is another one, on which the same fit runs.
  @Test(arguments: ArchitectureFixtures.readable)
  func controls(name: String) throws {
    let model = try ArchitectureFixtures.model(name)
    let data = try examples(model, count: 16)
    let position = model.architecture.outputPosition(of: data[0].base)
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize) = (2, 8)
    let alignment = try DistributedAlignmentSearch(
      site: .blockOutput(model.architecture.layers - 1, .index(position)), dimensions: 4,
      settings: settings
    ).fit(model, on: data)
    #expect(alignment.losses.allSatisfy { $0.isFinite })
    let report = try alignment.evaluate(on: data)
    // The illusion test is for sites that one projection reads.
    #expect(report.controls.count == ControlKind.allCases.count - 2)
    #expect(report.control(.selfSwap)?.largestChange == 0)
    // Outputs of the mean of all positions need all of them.
    let readsMean = model.architecture.poolsPositions
    if !readsMean { #expect(report.control(.fullVector)?.iia.correct == 16) }
    let random = try #require(report.control(.randomModel)?.iia)
    #expect(random.n == 16 && random.value.isFinite)
    #expect(report.control(.randomSubspaces)?.each?.count == 20)
  }
}

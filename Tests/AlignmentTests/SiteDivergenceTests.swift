import InterchangeAlignment
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// The divergence of patched activations where several sites are swapped together.
@Suite struct SiteDivergenceTests {
  private static let sites = [Site.blockOutput(0, .last), .mlpOutput(1, .last)]

  private static func settings() -> AlignmentSettings {
    var settings = AlignmentSettings()
    (settings.budget, settings.batchSize) = (.steps(2), 7)
    return settings
  }

  /// The natural rows at a site, of bases and of sources.
  private func rows(
    _ examples: [AlignmentExample], at site: Site, in model: Model
  ) throws -> (bases: Tensor, sources: Tensor) {
    func rows(_ inputs: [ModelInput]) throws -> Tensor {
      try model.activations(at: site, inputs, positions: inputs.map { [$0.length - 1] })
    }
    return (try rows(examples.map(\.base)), try rows(examples.map { $0.sources[0] }))
  }

  /// Each site's patched rows are those of a run, text by text, with all the swaps.
  @Test func againstSingleRuns() throws {
    let model = try TinyModels.model("llama-gqa")
    let (training, test) = (TinyModels.examples(24, seed: 1), TinyModels.examples(20, seed: 2))
    let search = FeaturizerSearch.rotation(
      sites: Self.sites, dimensions: 3, settings: Self.settings())
    let found = try search.fit(model, on: training)
    let rotation = try #require(found.featurizer as? RotationFeaturizer).rotation.frozen
    let report = try found.evaluate(on: test, controls: [.selfSwap])
    let divergences = try #require(report.siteDivergences)
    #expect(divergences.map(\.site) == Self.sites.map(\.description) && report.divergence == nil)
    let natural = try Self.sites.map { try rows(test, at: $0, in: model) }
    let reference = try Self.sites.map { try rows(training, at: $0, in: model) }
    for (place, found) in divergences.enumerated() {
      let patched = try test.indices.map { index -> Tensor in
        let input = test[index].base
        let cells = Self.sites.map { Cells($0, positions: [[input.length - 1]]) }
        let edits = Self.sites.indices.map { other in
          let source = natural[other].sources.rowSlice(index..<index + 1)
          return Edit(cells[other]) { DistributedInterchange(rotation)($0, sources: [source]) }
        }
        return try model.run(Request([input], edits: edits, captures: [cells[place]]))
          .captures[0].detached
      }
      let expected = try #require(
        try ActivationDivergence(
          of: .concatenatingRows(patched),
          natural: .concatenatingRows([natural[place].bases, natural[place].sources]),
          reference: .concatenatingRows([reference[place].bases, reference[place].sources])))
      let own = found.divergence
      // Rows of batches and of single runs differ by float32's rounding.
      #expect(abs(own.nearest.patched - expected.nearest.patched) < 1e-4)
      let distance = expected.mahalanobis.patched
      #expect(abs(own.mahalanobis.patched - distance) < 1e-3 * distance)
      #expect(abs(own.nearest.natural - expected.nearest.natural) < 1e-4)
      #expect(own.patched == 20 && own.natural == 40 && own.reference == 48)
    }
    #expect(try found.evaluate(on: test, controls: []).siteDivergences == nil)
  }

  /// A swap of whole vectors leaves natural ones, and a site whose gate is closed has no row.
  @Test func closedGates() throws {
    let model = try TinyModels.model("llama-gqa")
    let examples = TinyModels.examples(24, seed: 3)
    let sites = [Site.blockOutput(0, .last), .blockOutput(1, .last)]
    let found = try MaskSearch(sites: sites, unit: .sites, settings: Self.settings())
      .fit(model, on: examples)
    func divergences(_ first: Float, _ second: Float) throws -> [SiteDivergence]? {
      found.swaps[0].gate.logits.value = Tensor([first])
      found.swaps[1].gate.logits.value = Tensor([second])
      return try found.evaluate(on: examples, controls: [.selfSwap]).siteDivergences
    }
    let both = try #require(try divergences(1, 1))
    #expect(both.map(\.site) == sites.map(\.description))
    #expect(both.allSatisfy { $0.divergence.nearest.patched < 1e-5 })
    let one = try #require(try divergences(-1, 1))
    #expect(one.map(\.site) == [sites[1].description])
    #expect(try divergences(-1, -1) == nil)
  }
}

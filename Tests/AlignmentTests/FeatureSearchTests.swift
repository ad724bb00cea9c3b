import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Masks, trained featurizers and multi-attribute searches on networks whose subspace is known.
@Suite struct FeatureSearchTests {
  private static func settings(_ steps: Int = 300) -> AlignmentSettings {
    var settings = AlignmentSettings()
    settings.budget = .steps(steps)
    return settings
  }

  /// In the basis of its own directions the variable has as many features as planted ones.
  @Test(arguments: [1, 3])
  func aMaskFindsThePlantedDirections(dimensions: Int) throws {
    let planted = try PlantedSubspace(dimensions: dimensions)
    let pairs = planted.examples(256, seed: 1)
    let rows = try planted.model.activations(
      at: planted.site, pairs.map { $0.base }, positions: pairs.map { _ in [0] })
    // The planted directions first, then the rest of the space.
    let frame = planted.directions.frame
    let rest = try Rotation.random(rank: planted.width - dimensions, width: planted.width, seed: 5)
    let basis = try Rotation.spanning(.concatenatingRows([frame, rest.frame])).frozen
    #expect(rows.width == basis.width)
    let found = try MaskSearch(
      sites: [planted.site], basis: .given(RotationFeaturizer(basis)), settings: Self.settings()
    ).fit(planted.model, on: pairs)
    #expect(found.chosen == [Array(0..<dimensions)])
    #expect(found.count == planted.width)
    let report = try found.evaluate(on: planted.examples(200, seed: 2))
    #expect(report.test.value == 1 && report.rank == dimensions && report.method == "mask")
    #expect(report.control(.selfSwap)?.largestChange == 0)
    // A mask is no subspace that a projection reads: there is no illusion test.
    #expect(report.controls.count == ControlKind.allCases.count - 2)
    #expect(try #require(report.control(.randomSubspaces)).iia.value < 0.7)
    #expect(report.verdict == .converged)
    #expect(
      report.notes == [
        "\(dimensions) of 64 features (rotation) chosen: "
          + (0..<dimensions).map(String.init).joined(separator: ", ")
      ])
  }

  /// A rotation that is trained with its gates finds the directions by itself.
  @Test func aTrainedRotationWithGates() throws {
    let planted = try PlantedSubspace(dimensions: 2, width: 24, noise: 4)
    let found = try MaskSearch(
      sites: [planted.site], basis: .rotated(isTrained: true), settings: Self.settings(400)
    ).fit(planted.model, on: planted.examples(512, seed: 1))
    let report = try found.evaluate(on: planted.examples(200, seed: 2), controls: [.selfSwap])
    #expect(report.test.value > 0.95 && report.control(.selfSwap)?.largestChange == 0)
    #expect(found.chosenCount < 24 && report.orthonormalityError < 1e-5)
  }

  /// Gates over sites: the one after the network that reads everything is enough, and the other is
  /// closed, as both cost the same.
  @Test func sitesAreChosen() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = TinyModels.examples(12, seed: 1)
    let sites = [Site.mlpHidden(0, .last), .blockOutput(2, .last)]
    let labels = try #require(
      try model.run(model.measuring(data.map { $0.sources[0] })).logits
    ).rowMaxima()
    let examples = zip(data, labels).map { example, label in
      var example = example
      (example.label, example.answers) = (label, [])
      return example
    }
    let found = try MaskSearch(sites: sites, unit: .sites, settings: Self.settings(80))
      .fit(model, on: examples)
    #expect(found.chosen[1] == [0])
    let report = try found.evaluate(on: examples, controls: [.selfSwap, .fullVector, .randomModel])
    #expect(report.test.value == 1 && report.control(.selfSwap)?.largestChange == 0)
    #expect(report.control(.fullVector)?.iia.value == 1)
  }

  /// Gates over heads are as many as the heads, and open whole heads.
  @Test func headsOpenWhole() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = TinyModels.examples(12, seed: 1)
    let site = Site.attentionValueOutput(1, .last)
    let heads = try #require(
      model.architecture.dimensions(of: .attentionValueOutput)?.heads)
    let found = try MaskSearch(sites: [site], unit: .heads, settings: Self.settings(5))
      .fit(model, on: data)
    #expect(found.count == heads)
    let width = try model.width(of: site)
    let groups = try #require(found.swaps[0].gate.groups)
    #expect(groups == (0..<width).map { $0 / (width / heads) })
    #expect(throws: AlignmentError.self) {
      try MaskSearch(sites: [.blockOutput(1, .last)], unit: .heads).validate(model, on: data)
    }
  }

  @Test func positionsAreTakenApart() throws {
    let model = try TinyModels.model("llama-gqa")
    let data = TinyModels.examples(4, seed: 1)
    let sites = try Site.blockOutput(1, .last(2)).singlePositions(of: data, in: model)
    #expect(sites.count == 2 && Set(sites).count == 2)
    let direct = try MaskSearch(sites: sites, unit: .sites, settings: Self.settings(3))
      .fit(model, on: data)
    #expect(direct.count == 2)
  }

  /// A reversible network with a share of the features does what a rotation of that rank does.
  @Test func aReversibleNetworkIsTrained() throws {
    let planted = try PlantedSubspace(dimensions: 1, width: 16, noise: 4)
    var settings = Self.settings(400)
    settings.learningRate = 3e-3
    let found = try FeaturizerSearch.reversible(
      site: planted.site, dimensions: 4, layers: 2, hidden: 16, settings: settings
    ).fit(planted.model, on: planted.examples(512, seed: 1))
    let report = try found.evaluate(on: planted.examples(200, seed: 2))
    #expect(report.test.value > 0.9, "\(report.test.value)")
    #expect(report.control(.selfSwap)?.largestChange == 0)
    #expect(report.method == "reversible network")
    #expect(try #require(report.control(.randomSubspaces)).iia.value < report.test.value)
  }

  /// One rotation for two layers: found by training, the same at both, judged as two edits made by
  /// hand.
  @Test func tiedRotation() throws {
    let planted = TinyModels.examples(24, seed: 6)
    let model = try TinyModels.model("llama-gqa")
    let sites = [Site(.blockOutput, layer: 0, .last), Site(.blockOutput, layer: 1, .last)]
    var settings = AlignmentSettings()
    (settings.budget, settings.batchSize) = (.steps(4), 8)
    let search = FeaturizerSearch.rotation(sites: sites, dimensions: 2, settings: settings)
    let found = try search.fit(model, on: planted)
    let rotation = try #require((found.featurizer as? RotationFeaturizer)?.rotation)
    #expect(rotation.rank == 2 && rotation.orthonormalityError < 1e-5)
    let report = try found.evaluate(on: planted, controls: [.selfSwap])
    #expect(report.method == "tied DAS" && report.site == "block_output 0–1 @ -1")
    #expect(report.control(.selfSwap)?.largestChange == 0 && report.divergence == nil)
    #expect(
      report.siteDivergences?.map(\.site) == ["block_output 0 @ -1", "block_output 1 @ -1"])
    let frame = rotation.frame
    var total = 0.0
    for example in planted {
      let (base, source) = (example.base, example.sources[0])
      let edits = try sites.map { site in
        let cells = { (length: Int) in Cells(site, positions: [[length - 1]]) }
        let read = Request([source], captures: [cells(source.length)])
        let s = try model.run(read).captures[0].detached
        return Edit(cells(base.length)) { h in
          let rows = (0..<h.width).map { column -> Float in
            var sum = h[0, column]
            for row in 0..<2 {
              let along = (0..<h.width).reduce(Float(0)) {
                $0 + frame[row, $1] * (s[0, $1] - h[0, $1])
              }
              sum += along * frame[row, column]
            }
            return sum
          }
          return Tensor(rows, shape: [1, h.width])
        }
      }
      let logits = try #require(try model.run(model.measuring([base], edits: edits)).logits)
      let rival = (0..<logits.width).filter { $0 != example.label }.map { logits[0, $0] }.max() ?? 0
      total += Double(logits[0, example.label] - rival)
    }
    let mean = total / Double(planted.count)
    // Float32's rounding through two blocks, of logits below 8.
    #expect(abs((report.test.logitDifference ?? .nan) - mean) < 1e-4)
    let other = FeaturizerSearch.rotation(
      sites: [sites[0], Site(.mlpHidden, layer: 1, .last)], dimensions: 2, settings: settings)
    #expect(throws: InterventionError.self) { try other.fit(model, on: planted) }
    let wide = FeaturizerSearch.rotation(sites: sites, dimensions: 17, settings: settings)
    #expect(throws: InterventionError.self) { try wide.fit(model, on: planted) }
  }

  /// Two attributes of a planted network: each block causes its own and leaves the other.
  @Test func severalAttributes() throws {
    let planted = try PlantedSubspace(dimensions: 2, width: 32, noise: 4)
    func code(_ bits: [Bool]) -> Int {
      bits.enumerated().reduce(0) { $0 + ($1.element ? 1 << $1.offset : 0) }
    }
    // The bits 0 and 1 are two attributes; a pair of one that agrees in it is to be left alone.
    func examples(_ count: Int, seed: UInt64) -> [AttributeExample] {
      planted.examples(count, seed: seed).enumerated().map { index, pair in
        let bit = index % 2
        guard case .vectors(let base) = pair.base, case .vectors(let source) = pair.sources[0]
        else { return AttributeExample("0", .cause, pair) }
        var bits = base[0].prefix(3).map { $0 > 0 }
        let isSame = bits[bit] == (source[0][bit] > 0)
        bits[bit] = source[0][bit] > 0
        var example = pair
        example.label = code(bits)
        return AttributeExample("\(bit)", isSame ? .leave : .cause, example)
      }
    }
    let search = MultiAttributeSearch(
      site: planted.site, attributes: [("0", 1), ("1", 1)], settings: Self.settings(300))
    let found = try search.fit(planted.model, on: examples(512, seed: 1))
    let reports = try found.evaluate(on: examples(200, seed: 2))
    for (report, row) in zip(reports, 0..<2) {
      #expect(report.cause?.value == 1 && report.leave?.value == 1 && report.disentangle == 1)
      let angle = try #require(try found.subspace(of: "\(row)")).principalAngles(
        to: Rotation(orthonormal: planted.directions.frame.gatherRows([row])))
      // The other attribute's direction isn't in it.
      #expect(angle[0] < 0.3)
    }
    #expect(found.rotation.orthonormalityError < 1e-5)
    // One attribute with its controls.
    let judged = try found.report(of: "1", on: examples(200, seed: 2))
    #expect(judged.test.correct == reports[1].cause?.correct && judged.rank == 1)
    #expect(judged.control(.randomModel) != nil && judged.verdict == .converged)
    #expect(judged.control(.selfSwap)?.largestChange == 0)
    #expect(try #require(judged.control(.randomSubspaces)).iia.value < 0.8)
    #expect(throws: AlignmentError.self) { try found.report(of: "2", on: examples(8, seed: 2)) }
    #expect(throws: AlignmentError.self) {
      try search.fit(
        planted.model, on: [AttributeExample("2", .cause, planted.examples(1, seed: 1)[0])])
    }
  }
}

import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// Gates over the singular vectors of the weight to which a site belongs, and what records keep of
/// gates.
@Suite struct MaskBasisTests {
  private static let made: [Site] = [
    .mlpOutput(1, .last), .attentionOutput(1, .last), Site(.queryOutput, layer: 1, .last),
    Site(.valueOutput, layer: 1, .last), Site(.upOutput, layer: 0, .last),
    Site(.queryOutput, layer: 1, head: 1, .last),
  ]
  private static let read: [Site] = [
    .mlpHidden(1, .last), .attentionValueOutput(1, .last),
    Site(.attentionValueOutput, layer: 1, head: 2, .last),
  ]

  private static func search(
    _ sites: [Site], unit: MaskSearch.Unit = .features, _ basis: FeatureBasis = .singularVectors
  ) -> MaskSearch {
    var settings = AlignmentSettings()
    (settings.budget, settings.batchSize) = (.steps(2), 8)
    return MaskSearch(sites: sites, unit: unit, basis: basis, settings: settings)
  }

  /// With all gates open a mask over singular vectors does what a swap of the whole vector does,
  /// also where the weight reads fewer directions than the site has.
  @Test(arguments: made + read) func allGatesAreTheWholeSwap(site: Site) throws {
    let model = try TinyModels.model("llama-gqa")
    let examples = TinyModels.examples(16, seed: 4)
    let found = try Self.search([site]).fit(model, on: examples)
    let swap = found.swaps[0]
    let count = swap.featurizer.featureCount
    swap.gate.logits.value = Tensor(repeating: 1, shape: [count])
    #expect(found.chosenCount == count && count <= swap.featurizer.width)
    let report = try found.evaluate(on: examples, controls: [.selfSwap, .fullVector])
    let whole = try #require(report.control(.fullVector)?.iia)
    #expect(report.test.correct == whole.correct)
    // Float32's rounding of two products with a frame, in logits below 10.
    let (own, full) = (report.test.logitDifference, whole.logitDifference)
    #expect(abs((own ?? .nan) - (full ?? .nan)) < 1e-4)
    #expect(report.control(.selfSwap)?.largestChange == 0)
    #expect(report.notes?[0].contains("(singular vectors)") == true)
  }

  /// The frame is that of the weight: W of a direction is its singular value times another
  /// direction, the largest first, and a head has that of its own columns.
  @Test func directionsOfTheWeight() throws {
    let model = try TinyModels.model("llama-gqa")
    let examples = TinyModels.examples(4, seed: 1)
    for site in Self.read {
      let found = try Self.search([site]).fit(model, on: examples)
      let frame = try #require(found.swaps[0].featurizer as? RotationFeaturizer).rotation.frame
      let projection: Projection = site.component == .mlpHidden ? .down : .output
      let weight = try #require(
        model.architecture.weight(of: projection, layer: site.layer))
      let start = (site.head ?? 0) * frame.width
      var lengths: [Double] = []
      for row in 0..<frame.rows {
        let image = (0..<weight.rows).map { output -> Double in
          (0..<frame.width).reduce(0) {
            $0 + Double(weight[output, start + $1]) * Double(frame[row, $1])
          }
        }
        lengths.append(image.reduce(0) { $0 + $1 * $1 }.squareRoot())
      }
      // Float32's rounding of singular values near 1.
      for (one, next) in zip(lengths, lengths.dropFirst()) { #expect(one >= next - 1e-4) }
      let part = weight.columns(start..<start + frame.width)
      let norm = Double(part.norm)
      #expect(abs(lengths.reduce(0) { $0 + $1 * $1 }.squareRoot() - norm) < 1e-4 * norm)
    }
  }

  @Test(arguments: [
    Site.blockOutput(1, .last), Site(.attentionInput, layer: 1, .last),
    Site(.mlpInput, layer: 1, .last), Site(.positionedQueryOutput, layer: 1, .last),
  ])
  func sitesWithoutAWeight(site: Site) throws {
    let model = try TinyModels.model("llama-gqa")
    let examples = TinyModels.examples(4, seed: 1)
    let message = line { try Self.search([site]).validate(model, on: examples) }
    #expect(message?.contains("found \(site)") == true, "\(message ?? "nothing thrown")")
    // Other units don't ask for one.
    try Self.search([site], unit: .sites).validate(model, on: examples)
  }

  /// A basis of one's own sees the site, the network and the seed of the place.
  @Test func placeOfABasis() throws {
    let model = try TinyModels.model("llama-gqa")
    let sites = [Site.blockOutput(0, .last), .blockOutput(1, .last)]
    let basis = FeatureBasis("half") { place in
      #expect(place.seed == UInt64(place.site.layer) && place.model === model)
      let rank = place.rows.width / 2
      return RotationFeaturizer(
        try Rotation.random(rank: rank, width: place.rows.width, seed: place.seed).frozen)
    }
    let found = try Self.search(sites, basis).fit(model, on: TinyModels.examples(8, seed: 2))
    #expect(found.count == 16)
  }

  /// The gates of records are those of the fit: open ones above a half, to four digits.
  @Test func gatesInTheReport() throws {
    let model = try TinyModels.model("llama-gqa")
    let examples = TinyModels.examples(8, seed: 2)
    let sites = [Site.blockOutput(0, .last), .blockOutput(1, .last)]
    let found = try Self.search(sites, .coordinates).fit(model, on: examples)
    found.swaps[0].gate.logits.value = Tensor((0..<16).map { Float($0) - 7.5 })
    // Next to nothing, on either side.
    found.swaps[1].gate.logits.value = Tensor(
      (0..<16).map { $0 == 3 ? 1e-9 : $0 == 4 ? -1e-9 : -5 })
    let report = try found.evaluate(on: examples, controls: [])
    let mask = try #require(report.mask)
    #expect(mask.unit == .features && mask.basis == "coordinates")
    #expect(mask.parts.map(\.site) == sites && mask.parts.map(\.openCount) == [8, 1])
    #expect(
      zip(mask.parts, found.chosen).allSatisfy { part, chosen in
        part.gates.indices.filter { part.gates[$0] > 0.5 } == chosen
      })
    let temperature = found.swaps[0].gate.temperature
    for (place, gate) in mask.parts[0].gates.enumerated() {
      // Half of the last of four digits.
      let soft = 1 / (1 + exp(-(Double(place) - 7.5) / temperature))
      #expect(abs(gate - soft) <= 0.5001e-4)
    }
  }
}

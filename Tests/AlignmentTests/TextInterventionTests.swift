import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Named interventions on one text against edits whose vectors are made in plain loops.
@Suite struct TextInterventionTests {
  /// Of logits below 8.
  private static let rounding = Rounding.spread(Rounding.tinyRun, of: 8)
  private let base = "the rain"
  private let source = "a cats, "

  private func rows(
    _ model: LanguageModel, _ text: String, _ component: Component, _ layer: Int,
    _ positions: [Int]
  ) throws -> [[Float]] {
    let cells = Cells(component, layer: layer, positions: [positions])
    let found = try model.run(Request([model.encode(text).input], captures: [cells])).captures[0]
    return (0..<found.rows).map { row in (0..<found.width).map { found[row, $0] } }
  }

  private func expectSame(
    _ run: TextIntervention, _ model: LanguageModel, _ wanted: [(Site, [[Float]])]
  ) throws {
    let edits = wanted.map { site, rows in
      Edit(Cells(site, positions: run.positions.prefix(1).map { $0 })) { _ in Tensor(rows: rows) }
    }
    let logits = try model.logits(after: base, edits: edits).elements
    #expect(run.logits.elements != (try model.logits(after: base).elements))
    for (found, wanted) in zip(run.logits.elements, logits) {
      #expect(abs(Double(found - wanted)) < Self.rounding)
    }
  }

  @Test func withoutAnotherText() throws {
    let model = try TinyModels.languageModel()
    let site = Site(.blockOutput, layer: 1, .index(2))
    let own = try rows(model, base, .blockOutput, 1, [2])
    let width = own[0].count
    func run(_ text: String) throws -> TextIntervention {
      try model.intervention(try ChosenIntervention(parsing: text), at: [site], base: base, seed: 4)
    }
    let zero = try run("zero")
    #expect(zero.source == nil && zero.positions == [[2]])
    try expectSame(zero, model, [(site, [Array(repeating: 0, count: width)])])
    let length = model.encode(base).length
    let all = try rows(model, base, .blockOutput, 1, Array(0..<length))
    let mean = (0..<width).map { column in
      Float(all.reduce(0.0) { $0 + Double($1[column]) } / Double(length))
    }
    try expectSame(try run("mean"), model, [(site, [mean])])
    let noise = NoiseSource.draw(width, deviation: 0.5, seed: 4, [0, 1, 2])
    try expectSame(try run("noise:0.5"), model, [(site, [zip(own[0], noise).map { $0 + $1 }])])
    let input = try rows(model, base, .blockInput, 1, [2])
    try expectSame(try run("skip"), model, [(site, input)])
  }

  @Test func fromAnotherText() throws {
    let model = try TinyModels.languageModel()
    let site = Site(.blockOutput, layer: 1, .index(2))
    let (h, s) = (
      try rows(model, base, .blockOutput, 1, [2])[0], try rows(model, source, .mlpOutput, 2, [3])[0]
    )
    let run = try model.intervention(
      try ChosenIntervention(parsing: "lerp:0.25"), at: [site], base: base, source: source,
      readAt: Site(.mlpOutput, layer: 2, .index(3)))
    #expect(run.source?.text == source)
    try expectSame(run, model, [(site, [zip(h, s).map { $0 + 0.25 * ($1 - $0) }])])
    // The plain interchange is that of the older call.
    let swap = try model.intervention(.interchange, at: [site], base: base, source: source)
    let known = try model.interchange(at: site, base: base, source: source)
    #expect(swap.logits.elements == known.logits.elements)
    let (found, wanted) = (try swap.compared(top: 3), try known.compared(top: 3))
    #expect(found.source == wanted.source && found.logitDifference == wanted.logitDifference)
  }

  /// One state of the source in several layers; without a place to read, each layer's own.
  @Test func tiedAcrossLayers() throws {
    let model = try TinyModels.languageModel()
    let sites = (0..<3).map { Site(.blockOutput, layer: $0, .index(1)) }
    let read = Site(.blockOutput, layer: 0, .index(2))
    let shared = try rows(model, source, .blockOutput, 0, [2])
    let tied = try model.intervention(
      .interchange, at: sites, base: base, source: source, readAt: read)
    #expect(tied.positions == [[1], [1], [1]])
    try expectSame(tied, model, sites.map { ($0, shared) })
    let own = try model.intervention(
      .interchange, at: sites, base: base, source: source, sourcePositions: .index(2))
    try expectSame(
      own, model, try sites.map { ($0, try rows(model, source, .blockOutput, $0.layer, [2])) })
    #expect(own.logits.elements != tied.logits.elements)
  }

  /// Each source at its own place, in one run; the base in the place of all changes nothing.
  @Test func severalSources() throws {
    let model = try TinyModels.languageModel()
    let places = [
      SourcedSite(Site(.blockOutput, layer: 2, .index(1)), from: source),
      SourcedSite(
        Site(.mlpOutput, layer: 0, .index(2)), from: "cats in",
        readAt: Site(.blockOutput, layer: 1, .index(0))),
      SourcedSite(Site(.blockOutput, layer: 2, .index(3)), from: "the cats"),
    ]
    let swap = try model.intervention(.interchange, at: places, base: base)
    #expect(swap.positions == [[1], [2], [3]] && swap.source == nil)
    #expect(swap.sources.map(\.text) == places.map(\.source))
    var edits: [Edit] = []
    for place in places {
      let read = place.read ?? place.site
      guard case .index(let position) = read.positions, case .index(let own) = place.site.positions
      else { continue }
      let found = try rows(model, place.source, read.component, read.layer, [position])
      edits.append(Edit(Cells(place.site, positions: [[own]])) { _ in Tensor(rows: found) })
    }
    let expected = try model.logits(after: base, edits: edits).elements
    #expect(swap.logits.elements != (try model.logits(after: base).elements))
    for (found, wanted) in zip(swap.logits.elements, expected) {
      #expect(abs(Double(found - wanted)) < Self.rounding)
    }
    let same = places.map { SourcedSite($0.site, from: base) }
    let unchanged = try model.intervention(.interchange, at: same, base: base)
    for (found, own) in zip(
      unchanged.logits.elements, try model.logits(after: base).elements)
    {
      #expect(abs(Double(found - own)) < Self.rounding)
    }
    let alone = try swap.sourceOutputs(top: 1).map { $0[0].id }
    let single = try places.map { try model.logits(after: $0.source).rowMaxima()[0] }
    #expect(alone == single)
    // One vector can't be two sources'.
    let both = [places[0], SourcedSite(Site(.blockOutput, layer: 2, .all), from: base)]
    let refused = line { _ = try model.intervention(.interchange, at: both, base: base) }
    #expect(refused?.contains("sources 1 and 2: expected places of their own") == true)
    let zero = try ChosenIntervention(parsing: "zero")
    #expect(line { _ = try model.intervention(zero, at: places, base: base) } != nil)
    #expect(line { _ = try model.intervention(.interchange, at: [], base: base) } != nil)
  }

  @Test func whatMakesNoSense() throws {
    let model = try TinyModels.languageModel()
    let site = Site(.blockOutput, layer: 1, .last)
    let zero = try ChosenIntervention(parsing: "zero")
    let skip = try ChosenIntervention(parsing: "skip")
    #expect(!zero.readsAnotherText && !skip.readsAnotherText)
    #expect(ChosenIntervention.interchange.readsAnotherText)
    #expect(
      line { _ = try model.intervention(.interchange, at: [site], base: base) }
        == "intervention interchange: expected a source text, found none")
    #expect(
      line { _ = try model.intervention(zero, at: [site], base: base, source: source) }
        == "intervention zero: expected no source: it reads no other text, found \(source)")
    #expect(
      line { _ = try model.intervention(zero, at: [site], base: base, readAt: site) } != nil)
    let two = [Site(.blockOutput, layer: 0, .last), site]
    #expect(
      line { _ = try model.intervention(skip, at: two, base: base) }?.contains("one layer") == true)
  }
}

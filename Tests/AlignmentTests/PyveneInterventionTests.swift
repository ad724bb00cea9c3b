import Foundation
import InterchangeAlignment
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Interventions by name against pyvene's logits (Fixtures/interventions/make_pyvene_fixtures.py).
@Suite struct PyveneInterventionTests {
  private struct Fixture: Decodable {
    struct Case: Decodable {
      let intervention: String
      let component: String
      let layer: Int
      let logits: [Float]
    }
    let base: [Int]
    let source: [Int]
    let position: Int
    let cases: [Case]
  }

  @Test func logitsArePyvenes() throws {
    let folder = TinyModels.folder.deletingLastPathComponent()
    let file = folder.appending(components: "interventions", "pyvene", "named.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
    #expect(fixture.cases.count == 32)
    let model = try TinyModels.model("llama-gqa")
    let example = AlignmentExample(
      base: .tokens(fixture.base), sources: [.tokens(fixture.source)], label: 0, baseLabel: 0)
    for known in fixture.cases {
      let site = try Site(named: known.component, layer: known.layer, .index(fixture.position))
      let chosen = try ChosenIntervention(parsing: known.intervention)
      let intervention = chosen.make()
      let rows = try chosen.source(seed: 0)?.reader(
        of: [example], at: [site], in: model, store: ActivationStore()
      ).rows(of: [0], positions: [[fixture.position]])
      let edit = Edit(Cells(site, positions: [[fixture.position]])) { h in
        intervention(h, sources: rows ?? [])
      }
      let logits = try model.run(.lastLogits([example.base], edits: [edit])).logits!.elements
      #expect(logits.count == known.logits.count)
      // Two runs in float32, each with the rounding of one.
      let tolerance =
        2 * Rounding.spread(Rounding.tinyRun, of: Rounding.largest(known.logits))
      for (found, wanted) in zip(logits, known.logits) {
        #expect(
          abs(Double(found - wanted)) < tolerance,
          "\(known.intervention) \(known.component) \(known.layer)")
      }
    }
  }
}

import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// The figure of a mask's gates, and its record.
@Suite struct MaskFigureTests {
  private func run(
    _ sites: [Site], _ unit: MaskSearch.Unit
  ) throws -> (found: MaskAlignment, run: AlignmentRun) {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel("gpt2", in: place.url).network
    var generator = RandomGenerator(seed: 3)
    func input() -> ModelInput {
      .tokens((0..<5).map { _ in Int.random(in: 1..<20, using: &generator) })
    }
    let examples = (0..<8).map { _ in
      AlignmentExample(base: input(), sources: [input()], label: 1, baseLabel: 0)
    }
    var settings = AlignmentSettings()
    settings.budget = .steps(2)
    let found = try MaskSearch(sites: sites, unit: unit, settings: settings)
      .fit(model, on: examples)
    let report = try found.evaluate(on: examples, controls: [.selfSwap])
    return (
      found,
      AlignmentRun(
        task: "verbs", variable: "number", check: nil, disjoint: "nouns", report: report,
        losses: found.losses)
    )
  }

  private func figure(_ run: AlignmentRun) -> (any Figure)? {
    AlignmentRuns([run]).figures().first { $0.name == "mask" }?.figure
  }

  @Test func featuresOfOneSite() throws {
    let (found, run) = try run([.blockOutput(0, .last)], .features)
    let chart = try #require(figure(run) as? LineChart)
    let gates = chart.series[0].points.map(\.y)
    #expect(gates.count == found.count && gates == gates.sorted(by: >))
    #expect(gates.count { $0 > 0.5 } == found.chosenCount)
  }

  @Test func featuresOfSeveralSites() throws {
    let (found, run) = try run([.blockOutput(0, .last), .blockOutput(1, .last)], .features)
    let chart = try #require(figure(run) as? LineChart)
    #expect(chart.series[0].points.map(\.y) == found.chosen.map { Double($0.count) })
    #expect(chart.horizontalScale == .categories(["0", "1"]))
  }

  @Test func heads() throws {
    let sites = [Site.attentionValueOutput(0, .last), .attentionValueOutput(1, .last)]
    let (found, run) = try run(sites, .heads)
    let map = try #require(figure(run) as? Heatmap)
    #expect(map.rowLabels == ["0", "1"] && map.columnLabels.count == found.swaps[0].gate.count)
    #expect(
      map.values.map { row in row.indices.filter { row[$0] > 0.5 } } == found.chosen)
    let named = found.chosen.enumerated().flatMap { layer, heads in heads.map { "\(layer).\($0)" } }
    let note = try #require(run.report.notes?.first)
    #expect(note.contains("\(named.count) of \(found.count) heads chosen"))
    #expect(named.isEmpty || note.hasSuffix(": " + named.joined(separator: ", ")))
  }

  /// Positions side by side, and a place without a gate where there is none.
  @Test func sites() throws {
    let sites = [
      Site.blockOutput(0, .index(1)), .blockOutput(1, .index(2)), .blockOutput(1, .index(1)),
    ]
    let (found, run) = try run(sites, .sites)
    let map = try #require(figure(run) as? Heatmap)
    #expect(map.rowLabels == ["0", "1"] && map.columnLabels == ["1", "2"])
    #expect(map.values[0][1].isNaN)
    let gates = [map.values[0][0], map.values[1][1], map.values[1][0]]
    #expect(gates.map { $0 > 0.5 } == found.chosen.map { !$0.isEmpty })
  }

  /// Gates and each site's divergence come back from a record.
  @Test func record() throws {
    let run = try run([.blockOutput(0, .last), .blockOutput(1, .last)], .features).run
    let report = try JSONDecoder().decode(
      AlignmentRun.self, from: JSONEncoder().encode(run)
    ).report
    #expect(report.mask == run.report.mask && report.mask != nil)
    #expect(report.siteDivergences == run.report.siteDivergences)
    let table = run.choices.last { $0.header.contains("Mahalanobis: patched") }
    #expect(table?.rows.count == run.report.siteDivergences?.count)
  }
}

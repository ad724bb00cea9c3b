import Foundation
import Interchange
import Testing

/// Views of runs: parts of them, several together, in other looks.
@Suite struct ShownRunTests {
  private func sweep(
    _ values: [[Double]], tokens: [String] = ["␣the", "␊", "‹subject›"],
    intervention: String? = nil, window: Int? = nil
  ) -> RunRecord {
    let cells = values.map { $0.map { Accuracy(correct: Int($0 * 4), n: 4, logitDifference: $0) } }
    let check = TaskExamples.Check(
      baseAccuracy: nil, sourceAccuracy: nil, pairs: 4, droppedUnsolved: 0, droppedUnaligned: 0,
      kept: 4, labels: [" is": 3, " are": 1])
    let map = MetricMap(
      DivergenceMetric(),
      cells: values.map { $0.map { MetricValue([MetricSample($0), MetricSample($0 + 1)]) } })
    return RunRecord(
      command: "sweep", arguments: ["MODEL"], model: nil, seed: 7, started: Date(),
      results: RunResults(
        SweepRuns([
          SweepRun(
            task: "agreement", variable: "subjectNumber", check: check, positionLabels: tokens,
            result: SweepResult(
              component: "block_output", head: nil, layers: Array(3..<3 + values.count),
              positions: ["0", "1", "subject"], cells: cells, metrics: ["iia", "kl"],
              measures: [map], intervention: intervention, window: window),
            constantAnswer: Accuracy(correct: 3, n: 4))
        ])))
  }

  private let values = [[0.0, 0.25, 0.5], [0.75, 1, 0.25], [0.5, 0.5, 1]]

  /// Each metric has its own colors and its name, and the accuracy the constant answer's line.
  @Test func figuresOfEachMetric() throws {
    let figures = sweep(values).figures()
    #expect(figures.map(\.name) == ["sweep", "sweep-kl", "sweep-logit-difference"])
    let maps = figures.compactMap { $0.figure as? Heatmap }
    #expect(maps.map(\.colorMap.name) == ["viridis", "magma", "blueRed"])
    #expect(maps[0].markedValues == [0.75] && maps[0].range == 0...1)
    #expect(maps[0].subtitle.contains("n = 4 pairs; the most frequent answer alone: 0.75"))
    #expect(maps[1].valueTitle == "KL(base ‖ patched), nats" && maps[1].range == 0...1.5)
    #expect(maps[1].subtitle.hasSuffix("n = 2 pairs"))
  }

  @Test(
    arguments: [
      ("3,5", nil, [[0, 0.25, 0.5], [0.5, 0.5, 1]]), ("-1", "subject", [[1]]),
      (nil, "0-1", [[0, 0.25], [0.75, 1], [0.5, 0.5]]), ("4", "-1,␊", [[1, 0.25]]),
      ("4-5", "the", [[0.75], [0.5]]),
    ] as [(String?, String?, [[Double]])])
  func partsOfASweep(layers: String?, positions: String?, expected: [[Double]]) throws {
    let record = try sweep(values).selecting(
      layers: layers.flatMap { LayerSelection(parsing: $0) }, positions: positions)
    let run = try #require(record.results.sweeps?.first)
    #expect(run.result.values == expected)
    #expect(run.result.measures?[0].cells.map { $0.map { ($0.value ?? 0) - 0.5 } } == expected)
    #expect(run.positionLabels.count == expected[0].count)
  }

  /// A sweep of windows says so in figures, tables and the report, and a part of it does.
  @Test func sweepsOfWindows() throws {
    let whole = sweep(values, intervention: "zero", window: 4)
    let part = try whole.selecting(layers: .layers([3, 4]), positions: nil)
    for record in [whole, part] {
      let runs = try #require(record.results[SweepRuns.self])
      #expect(runs.runs[0].result.window == 4 && runs.runs[0].result.intervention == "zero")
      let map = try #require(record.figures().first?.figure as? Heatmap)
      #expect(map.subtitle.hasPrefix("block_output, 4 layers, whole vector, n = 4 pairs"))
      #expect(map.title == "agreement: zero of subjectNumber")
      #expect(runs.tables[0].note.hasPrefix("block_output, 4 layers, n = 4 pairs"))
      #expect(runs.dataTables[0].rows[0][0] == "block_output, 4 layers")
      guard case .text(let text)? = runs.sections[0].parts.first else {
        Issue.record("the section begins with no text")
        return
      }
      #expect(
        text.contains(
          "A row changes 4 adjacent layers together, those about its own: as many below it as "
            + "above, and one more below; fewer at the model’s ends."))
    }
    let single = try #require(sweep(values).figures().first?.figure as? Heatmap)
    #expect(single.subtitle.hasPrefix("block_output, whole vector, n = 4 pairs"))
  }

  @Test func partsThatAreNotThere() {
    func error(_ layers: String?, _ positions: String?) -> String {
      do {
        _ = try sweep(values).selecting(
          layers: layers.flatMap { LayerSelection(parsing: $0) }, positions: positions)
        return ""
      } catch { return "\(error)" }
    }
    #expect(error("2", nil) == "layer 2: this run has layers 3, 4, 5")
    #expect(
      error(nil, "object") == "position object: this run has 0 (␣the), 1 (␊), subject (‹subject›)")
    let other = RunRecord(
      command: "das", arguments: [], model: nil, seed: 0, started: Date(), results: RunResults())
    #expect(throws: RunRecordError.self) { try other.selecting(layers: .all, positions: nil) }
  }

  @Test func severalRunsInOneFigureAndTable() throws {
    let (one, other) = (sweep(values), sweep(values.map { $0.map { $0 / 2 } }))
    let comparison = RunComparison([("base", one), ("tuned", other)])
    let figures = try comparison.figures()
    #expect(figures.map(\.name) == one.figures().map(\.name))
    let grid = try #require(figures[0].figure as? HeatmapGrid)
    #expect(grid.panels.map(\.title) == ["base", "tuned"])
    let table = comparison.tables(areData: true)
    #expect(table.count == 1 && table[0].rows.count == 18)
    #expect(table[0].header.prefix(3) == ["run", "place", "layer"])
    #expect(table[0].rows[17].prefix(4) == ["tuned", "block_output", "5", "subject"])
    // Half of 1, as a share of four, and its halves of digits.
    #expect(table[0].rows[17][6] == "0.5")
    let record = try JSONSerialization.jsonObject(with: Data(comparison.json().utf8))
    #expect((record as? [Any])?.count == 2)
    let narrow = try other.selecting(layers: .layers([3]), positions: nil)
    #expect(throws: FigureError.self) {
      try RunComparison([("a", one), ("b", narrow)]).figures()
    }
  }

  @Test func namesOfFolders() {
    func names(_ paths: [String]) -> [String] {
      RunComparison.names(of: paths.map { URL(filePath: $0) })
    }
    #expect(names(["/a/x", "/a/y"]) == ["x", "y"])
    #expect(names(["/a/x", "/b/x"]) == ["a/x", "b/x"])
    #expect(names(["/a/x", "/a/x"]) == ["1 x", "2 x"])
  }

  @Test func looks() throws {
    var style = FigureStyle()
    (style.title, style.theme, style.colorMap) = ("Mine", .dark, .cividis)
    style.page = FigurePage(width: 8.4)
    let figures = try style.applied(to: sweep(values).figures())
    #expect(figures.allSatisfy { $0.figure.title == "Mine" && $0.figure.theme == .dark })
    #expect(figures.allSatisfy { abs($0.figure.size.width - 8.4) < 0.01 })
    let maps = figures.compactMap { ($0.figure as? Heatmap)?.colorMap.name }
    // Values of two signs keep colors for them.
    #expect(maps == ["cividis", "cividis", "blueRed"])
    style.colorMap = .blueRed
    let chart = [NamedFigure("loss", LineChart(losses: [2, 1], title: ""))]
    #expect(throws: RunRecordError.self) { try style.applied(to: chart) }
  }
}

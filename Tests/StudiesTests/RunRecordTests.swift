import Foundation
import Interchange
import Testing

@Suite struct RunRecordTests {
  private func record() -> RunRecord {
    let cells = [[1, 3], [4, 4]].map {
      $0.map { Accuracy(correct: $0, n: 4, logitDifference: 0.5) }
    }
    let check = TaskExamples.Check(
      baseAccuracy: Accuracy(correct: 4, n: 4), sourceAccuracy: Accuracy(correct: 4, n: 4),
      pairs: 4, droppedUnsolved: 0, droppedUnaligned: 0, kept: 4, labels: [" is": 2, " are": 2])
    let sweep = SweepRun(
      task: "agreement", variable: "subjectNumber", check: check, positionLabels: ["␣the", "日本"],
      result: SweepResult(
        component: "block_output", head: nil, layers: [0, 1], positions: ["0", "1"], cells: cells))
    return RunRecord(
      command: "sweep", arguments: ["MODEL"], model: nil, seed: 7, started: Date(),
      results: RunResults(SweepRuns([sweep])))
  }

  /// A record is read back as it was written, and figures drawn from it are the same bytes.
  @Test func roundTripAndFigures() throws {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try record().write(to: folder)
    #expect(
      files.map(\.lastPathComponent) == ["run.json", "sweep.png", "sweep-logit-difference.png"])
    let read = try RunRecord(folder: folder)
    #expect(
      read.seed == 7 && read.results.sweeps?.first?.result.values == [[0.25, 0.75], [1, 1]])
    let bytes = try Data(contentsOf: files[1])
    try read.writeFigures(to: folder)
    #expect(try Data(contentsOf: files[1]) == bytes)
    let inside = try #require(try PNGRecord.read(from: files[1]))
    #expect(inside == (try read.json()))
  }

  @Test func bestCellAndFirstBestLayer() throws {
    let sweep = try #require(record().results.sweeps?.first)
    #expect(sweep.bestLayer(at: -1) == 1)
    #expect(sweep.bestCell.row == 1)
    // Of layers that are equally good the first.
    func accuracy(_ correct: Int) -> Accuracy { Accuracy(correct: correct, n: 4) }
    let equal = SweepRun(
      task: sweep.task, variable: sweep.variable, check: sweep.check, positionLabels: ["x"],
      result: SweepResult(
        component: "block_output", head: nil, layers: [2, 5, 7, 9], positions: ["-1"],
        cells: [1, 4, 4, 3].map { [accuracy($0)] }))
    #expect(equal.bestLayer(at: -1) == 5 && equal.bestLayer(at: 0) == 5)
  }

  @Test func foldersWithoutARecord() throws {
    #expect(throws: RunRecordError.self) { try RunRecord(folder: URL(filePath: "/nowhere")) }
  }

  /// A record from before there could be several sweeps.
  @Test func aSingleSweepIsRead() throws {
    let record = try SampleRun.record(
      ["sweep": SampleRun.sweep("agreement")], command: "sweep", arguments: [])
    #expect(record.results.sweeps?.map(\.place) == ["block_output"])
  }

  /// A result that no figure could be drawn of is refused when it is read.
  @Test func resultsThatDoNotFit() throws {
    var wider = SampleRun.sweep("agreement")
    var result = try #require(wider["result"] as? [String: Any])
    result["layers"] = [4]
    result["cells"] = [try #require(result["cells"] as? [Any])[0]]
    wider["result"] = result
    let patterns: [[String: Any]] = [
      ["text": "", "tokens": [], "isCausal": true, "heads": []],
      [
        "text": "", "tokens": [], "isCausal": true,
        "heads": [["layer": 0, "head": 0, "weights": []] as [String: Any]],
      ],
      [
        "text": "a", "tokens": ["a", "b"], "isCausal": true,
        "heads": [["layer": 0, "head": 0, "weights": [[1, 0], [1]]] as [String: Any]],
      ],
    ]
    let all: [[String: Any]] =
      [["sweeps": [SampleRun.sweep("agreement"), wider]]] + patterns.map { ["attention": $0] }
    for results in all {
      #expect(throws: RunRecordError.self, "\(results)") {
        try SampleRun.record(results, command: "sweep", arguments: [])
      }
    }
  }
}

/// The claim of the README: DAS finds both equalities in the first hidden layer and nothing finds
/// the identity of the first argument.
@Suite struct EqualityExperimentTests {
  @Test func tableOfThePaper() throws {
    let experiment = try EqualityExperiment(
      controls: [.selfSwap, .randomSubspaces, .randomModel])
    #expect(experiment.networkAccuracy.value > 0.99)
    func line(_ variable: String, _ layer: Int) throws -> AlignmentReport {
      try #require(experiment.lines.first { $0.variable == variable && $0.layer == layer }).report
    }
    #expect(try line("bothEqual", 1).test.value >= 0.99)
    #expect(try line("leftEqual", 1).test.value >= 0.99)
    // Chance is one half; four deviations of a fair coin over 1024 examples are 0.0625.
    #expect(try abs(line("bothEqual", 3).test.value - 0.5) < 0.0625)
    #expect(try abs(line("firstArgument", 1).test.value - 0.5) < 0.0625)
    for line in experiment.lines {
      #expect(line.report.control(.selfSwap)?.largestChange == 0)
      #expect(try abs(#require(line.report.control(.randomModel)).iia.value - 0.5) < 0.0625)
      #expect(try abs(#require(line.report.control(.randomSubspaces)).iia.value - 0.5) < 0.1)
      #expect(line.report.orthonormalityError < 1e-5)
    }
  }
}

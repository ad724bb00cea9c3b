import Foundation
import Interchange
import Testing

/// A method that diverges is a row of its comparison, and the others go on.
@Suite struct DivergedMethodTests {
  private func data() throws -> FineTuningData {
    let file = FileManager.default.temporaryDirectory.appending(
      component: "DivergedMethodTests-\(UUID().uuidString).csv")
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = (0..<24).map { index in
      let (noun, verb) = index % 2 == 0 ? ("key", "is") : ("keys", "are")
      return "the \(noun) \(index),\(verb)"
    }
    try Data((["text,label"] + lines).joined(separator: "\n").utf8).write(to: file)
    var options = FineTuningData.Options()
    (options.developmentShare, options.testShare) = (0, 0.25)
    return try FineTuningData(file.path, options: options)
  }

  private func experiment(_ method: String, rate: Double) -> (String, FineTuningExperiment) {
    var settings = FineTuningSettings()
    (settings.batchSize, settings.epochs, settings.learningRate) = (4, 2, rate)
    var configuration = AdapterConfiguration(method: method)
    configuration.rank = 1
    var experiment = FineTuningExperiment(configuration, settings: settings)
    experiment.mode = .choose
    return (method, experiment)
  }

  @Test func theOthersGoOn() throws {
    var told: [String] = []
    let comparison = try MethodComparison(
      [experiment("loreft", rate: 1e30), experiment("lora", rate: 1e-3)], on: data(),
      model: tinyModel(), seeds: [0, 1],
      progress: {
        if case .diverged(let method, let run) = $0 { told.append("\(method) \(run.seed)") }
      })
    #expect(told == ["loreft 0", "loreft 1"])
    let (diverged, other) = (comparison.methods[0], comparison.methods[1])
    #expect(diverged.seeds.isEmpty && diverged.score == nil && diverged.parameters > 0)
    #expect(diverged.diverged?.map(\.seed) == [0, 1])
    #expect(diverged.diverged?.first?.reason.contains("not a number") == true)
    #expect(other.seeds.count == 2 && other.score != nil && other.diverged == nil)
    let rows = comparison.table.rows
    #expect(rows.first { $0[0] == "loreft" }?[3] == "diverged")
    #expect(rows.contains { $0[0] == "lora" })

    // Kept, drawn and reported like any other.
    let encoder = JSONEncoder()
    let again = try JSONDecoder().decode(
      MethodComparison.self, from: encoder.encode(comparison))
    #expect(again.table.rows == rows)
    let results = MethodComparisons([again])
    #expect(!results.figures().isEmpty && !results.sections.isEmpty)
    #expect(!String(decoding: try encoder.encode(other), as: UTF8.self).contains("diverged"))
  }

  @Test func nothingButDivergenceIsAnError() throws {
    #expect(throws: FineTuningError.self) {
      try MethodComparison(
        [experiment("loreft", rate: 1e30)], on: data(), model: tinyModel(), seeds: [0])
    }
  }
}

import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// A training of an earlier version that was killed, with the numbers of the same one unbroken.
struct EarlierTraining: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let base: String
  let data: String
  let answers: AnswerMode
  let settings: FineTuningSettings
  let configuration: AdapterConfiguration
  let history: TrainingHistory

  var testDescription: String { name }

  /// None where the list can't be read, which a test of its own tells.
  static let all = (try? Earlier.expected([EarlierTraining].self, in: "state")) ?? []
}

/// States of trainings.
@Suite struct EarlierTrainingTests {
  /// The distance that a loss may have from that of the unbroken training, where the parameters of
  /// each step follow from the step before: changes by other sums of float32 add up over the steps,
  /// so that it may be ten times more than for a single measure. For losses below 1 it is no share
  /// of them.
  private func isClose(_ found: Double, _ expected: Double) -> Bool {
    abs(found - expected) <= 1e-3 * max(1, abs(expected))
  }

  @Test func noneIsLeftOut() throws {
    let all = try Earlier.expected([EarlierTraining].self, in: "state")
    #expect(try Earlier.names(in: "state") == Set(all.map(\.name)))
    #expect(all.count == 2)
  }

  /// Goes on with the steps that were left, and ends where the unbroken training did.
  @Test(arguments: EarlierTraining.all)
  func goesOn(training: EarlierTraining) throws {
    let (base, scratch) = (try EarlierBase(training.base), try TemporaryFolder())
    let folder = scratch.url.appending(component: "state")
    try FileManager.default.copyItem(
      atPath: Earlier.path("state", training.name), toPath: folder.path)
    var options = FineTuningData.Options()
    options.developmentShare = 0.2
    let data = try FineTuningData(Earlier.path("data", training.data), options: options)
    var experiment = FineTuningExperiment(training.configuration, settings: training.settings)
    experiment.mode = training.answers
    var first: Int?
    let (adapted, run) = try experiment.run(
      base.model, on: data, seed: training.settings.seed,
      place: FineTuningExperiment.Place(
        folder: TrainingFolder(folder, resumes: true, interval: 50))
    ) { if first == nil { first = $0.step } }

    // The state has some steps; the rest is taken now.
    let begun = try #require(first) - 1
    #expect((15..<40).contains(begun))
    let (found, expected) = (run.history, training.history)
    #expect(found.losses.prefix(begun) == expected.losses.prefix(begun))
    #expect(found.losses.count == 240 && expected.losses.count == 240)
    for (step, (found, expected)) in zip(found.losses, expected.losses).enumerated() {
      #expect(isClose(found, expected), "step \(step): \(found), expected \(expected)")
    }
    #expect(found.tokens == expected.tokens && found.stoppedEarly == expected.stoppedEarly)
    #expect(found.evaluations.map(\.step) == expected.evaluations.map(\.step))
    for (found, expected) in zip(found.evaluations, expected.evaluations) {
      #expect(isClose(found.value, expected.value), "development at \(expected.step)")
    }
    // The model has the parameters of the best measure.
    let evaluator = experiment.evaluator(data)
    let loss = try evaluator.meanLoss(adapted, on: data.development)
    #expect(try isClose(loss, #require(expected.best).value))

    // The log has every step once.
    let log = try String(contentsOf: folder.appending(component: "log.jsonl"), encoding: .utf8)
    let lines = try log.split(separator: "\n").map {
      try JSONDecoder().decode(TrainingLogLine.self, from: Data($0.utf8))
    }
    #expect(lines.filter { $0.loss != nil }.map(\.step) == Array(1...240))
  }
}

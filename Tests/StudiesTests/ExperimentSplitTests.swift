import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// What an experiment trains on, what it chooses by, and what it measures in the end are different
/// examples, and each number is that of its own part.
@Suite struct ExperimentSplitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Different questions; the answers of the two files are different words.
  private func data(development: Double = 0.25) throws -> FineTuningData {
    func file(_ name: String, _ answers: [String], _ count: Int) throws -> String {
      let lines = (0..<count).map {
        "{\"prompt\": \"\(name) \($0)\", \"completion\": \" \(answers[$0 % 2])\"}"
      }
      return try folder.file("\(name).jsonl", lines.joined(separator: "\n").utf8).path
    }
    var options = FineTuningData.Options()
    options.developmentShare = development
    return try FineTuningData(
      file("learn", ["ab", "cd"], 24), testPath: file("test", ["xyz", "uvw"], 10), options: options)
  }

  private func experiment(_ change: (inout FineTuningExperiment) -> Void = { _ in })
    -> FineTuningExperiment
  {
    var configuration = AdapterConfiguration(method: "loreft")
    configuration.rank = 2
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (3, 6, 0.02)
    var experiment = FineTuningExperiment(configuration, settings: settings)
    experiment.mode = .loss
    change(&experiment)
    return experiment
  }

  /// The parts share no question and leave none out.
  @Test func partsAreApart() throws {
    let data = try data()
    let parts = [data.train, data.development, data.test].map { Set($0.map(\.prompt)) }
    #expect(parts.map(\.count) == [18, 6, 10])
    #expect(Set(parts.joined()).count == 34)
  }

  /// The best parameters are those of the least loss on the development part, and the test figure
  /// is that of the test part.
  @Test func eachNumberIsOfItsPart() throws {
    let (data, model, experiment) = (try data(), try tinyModel(), experiment())
    let (adapted, run) = try experiment.run(model, on: data, seed: 1)
    let evaluator = experiment.evaluator(data)
    let best = try #require(run.history.best)
    // The mean of the same losses in batches of another size.
    #expect(abs(try evaluator.meanLoss(adapted, on: data.development) - best.value) < 1e-4)
    #expect(abs(try evaluator.meanLoss(adapted, on: data.train) - best.value) > 1e-3)
    let test = try #require(run.test)
    #expect(abs(try evaluator.meanLoss(adapted, on: data.test) - test.loss) < 1e-6)
    #expect(test.score.accuracy.n == 10)
    #expect(run.history.evaluations.map(\.value).min() == best.value)
    // Tokens read by the steps are the training part's, three times.
    let tokens = try evaluator.tokenized(data.train, by: adapted).reduce(0) {
      $0 + $1.tokens.count
    }
    #expect(run.history.tokens == 3 * tokens)
  }

  /// Without the best the last parameters stay, and nothing is measured on the way.
  @Test func withoutTheBestNothingIsMeasured() throws {
    let run = try experiment { $0.keepsBest = false }.run(try tinyModel(), on: data(), seed: 1).run
    #expect(run.history.best == nil && run.history.evaluations.isEmpty)
  }

  /// A search judges its trials by the development part; the test part isn't looked at.
  @Test func searchesJudgeByTheDevelopmentPart() throws {
    let (data, model) = (try data(), try tinyModel())
    func settings(_ steps: Int) -> FineTuningExperiment {
      experiment {
        $0.keepsBest = false
        ($0.settings.maximumSteps, $0.settings.epochs) = (steps, 20)
      }
    }
    let search = try MethodSearch(
      [MethodSpace(parsing: "loreft:rank=2")], on: data, model: model, budget: .steps(12), seed: 5
    ) { _ in experiment() }
    #expect(search.developmentCount == 6 && search.trainCount == 18)
    let trial = try #require(search.trials.first)
    let alone = settings(trial.steps)
    let (adapted, _) = try alone.run(model, on: data, seed: 5)
    let evaluator = alone.evaluator(data)
    let loss = try #require(trial.loss)
    #expect(abs(try evaluator.meanLoss(adapted, on: data.development) - loss) < 1e-4)
    #expect(abs(try evaluator.meanLoss(adapted, on: data.test) - loss) > 1e-3)
  }

  /// The equality table's fits are measured on pairs that they didn't see.
  @Test func equalityIsMeasuredOnOtherPairs() throws {
    var settings = EqualityExperiment.Settings()
    (settings.trainingInputs, settings.training.epochs) = (2048, 1)
    (settings.pairs, settings.testPairs, settings.alignment.epochs) = (128, 128, 1)
    let experiment = try EqualityExperiment(settings: settings, controls: [])
    #expect(experiment.lines.count == 5)
    for line in experiment.lines {
      #expect(line.report.test.n == 128 && line.report.train.n == 128)
      #expect(line.report.test.logitDifference != line.report.train.logitDifference)
    }
  }
}

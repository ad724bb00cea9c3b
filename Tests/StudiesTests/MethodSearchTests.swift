import Foundation
import Interchange
import Testing

/// Successive halving over methods and their choices.
@Suite struct MethodSearchTests {
  /// Short questions with a word to answer, which the tiny model can learn.
  private func data() throws -> FineTuningData {
    let folder = FileManager.default.temporaryDirectory.appending(
      component: "MethodSearchTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let lines = (0..<40).map { index in
      let (noun, verb) = index % 2 == 0 ? ("key", "is") : ("keys", "are")
      return "the \(noun) \(index),\(verb)"
    }
    let file = folder.appending(component: "train.csv")
    try Data((["text,label"] + lines).joined(separator: "\n").utf8).write(to: file)
    var options = FineTuningData.Options()
    options.developmentShare = 0.25
    return try FineTuningData(file.path, options: options)
  }

  private func search(
    _ spaces: [String], _ budget: MethodSearch.Budget, trials: Int = 9, rate: Double = 4e-3
  ) throws -> MethodSearch {
    let model = try tinyModel()
    return try MethodSearch(
      spaces.map { try MethodSpace(parsing: $0) }, on: data(), model: model, budget: budget,
      seed: 1,
      maximumTrials: trials
    ) { choices in
      var configuration = AdapterConfiguration(method: choices.method)
      var settings = FineTuningSettings()
      (settings.batchSize, settings.learningRate) = (4, rate)
      try choices.apply(to: &configuration, &settings)
      var experiment = FineTuningExperiment(configuration, settings: settings)
      experiment.mode = .choose
      return experiment
    }
  }

  @Test func halvesUntilOneIsLeft() throws {
    let found = try search(
      ["loreft:rank=1/2/4:rate=1e-3/1e-2", "lora:rank=1/2:rate=1e-3/1e-2"], .steps(180))
    let rounds = Dictionary(grouping: found.trials, by: \.round)
    #expect(rounds.keys.sorted() == [0, 1, 2])
    #expect((0..<3).map { rounds[$0]?.count } == [9, 3, 1])
    // 180 steps in three rounds of equal cost.
    #expect((0..<3).map { rounds[$0]?.first?.steps } == [6, 18, 54])
    // No combination twice, both methods, and those that go on were the best.
    let first = try #require(rounds[0])
    #expect(Set(first.map(\.choices.description)).count == 9)
    #expect(Set(first.map(\.choices.method)) == ["loreft", "lora"])
    let next = try #require(rounds[1])
    let worst = next.compactMap { trial in
      first.first { $0.choices == trial.choices }?.score
    }.min()
    let left = first.filter { trial in !next.contains { $0.choices == trial.choices } }
    #expect(left.allSatisfy { ($0.score ?? 0) <= worst ?? 0 })
    #expect(found.winner.round == 2)
    // Each value's mean over the trials that had it.
    let effect = try #require(found.effects().first { $0.method == "lora" })
    #expect(effect.values.map(\.name) == ["rank 1", "rank 2", "rate 1e-2", "rate 1e-3"])
    let rank = first.filter { $0.choices.description.hasPrefix("lora:rank=1") }
    #expect(effect.values[0].score.values == rank.compactMap(\.score))
  }

  @Test func theSameSeedFindsTheSame() throws {
    let spaces = ["loreft:rank=1/2:rate=1e-3/1e-2"]
    let (first, second) = (try search(spaces, .steps(60)), try search(spaces, .steps(60)))
    #expect(first.trials.map(\.choices) == second.trials.map(\.choices))
    #expect(first.trials.map(\.score) == second.trials.map(\.score))
    #expect(first.trials.map(\.loss) == second.trials.map(\.loss))
  }

  /// A rate that blows up loses its round; it doesn't end the search.
  @Test func divergenceLoses() throws {
    let found = try search(["full:rate=1e30/1e-3"], .steps(40), trials: 3)
    let diverged = try #require(found.trials.first { $0.choices.description.contains("1e30") })
    #expect(diverged.score == nil && diverged.loss == nil)
    #expect(found.winner.choices.description == "full:rate=1e-3")
  }

  @Test func fewerTrialsForASmallBudget() throws {
    let found = try search(["loreft:rank=1/2/4:rate=1e-3/3e-3/1e-2"], .steps(20))
    #expect(found.trials.filter { $0.round == 0 }.count < 4)
    #expect(found.trials.reduce(0) { $0 + $1.steps } <= 20)
  }

  @Test func winnerIsAFile() throws {
    let choices = try MethodChoices(parsing: "loreft:rank=4:rate=1e-2")
    let url = FileManager.default.temporaryDirectory.appending(
      component: "\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: url) }
    try choices.write(to: url)
    #expect(try MethodChoices(contentsOf: url) == choices)
    #expect(choices.description == "loreft:rank=4:rate=1e-2")
  }

  @Test(arguments: [
    ("magic", "methods: expected loreft"), ("loreft:rank", "methods: expected choice=value"),
    ("loreft:depth=3", "methods: expected rate, weight-decay"),
    ("loreft:rank=two", "rank: expected a number, found two"),
    ("loreft:rank=/", "rank: expected values separated by /, found none"),
  ])
  func spacesThatCannotBe(text: String, message: String) {
    #expect { _ = try MethodSpace(parsing: text) } throws: { "\($0)".hasPrefix(message) }
  }
}

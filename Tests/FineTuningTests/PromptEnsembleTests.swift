import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Ensembles of prompts: trained side by side, voting.
@Suite struct PromptEnsembleTests {
  private func prompts(_ members: Int, seed: UInt64 = 4) throws -> SoftTokens {
    var configuration = AdapterConfiguration(method: "prompt-tuning")
    (configuration.tokens, configuration.members) = (2, members)
    let made = try configuration.makeAdapter(for: TinyModels.safetensors(), seed: seed)
    return try #require(made as? SoftTokens)
  }

  private let examples = (0..<6).map {
    TokenizedExample(tokens: [5 + $0, 9, 2, 14 - $0], promptLength: 3)
  }

  /// The loss is the mean of the members' own.
  @Test func lossIsTheMembersMean() throws {
    let model = try TinyModels.safetensors()
    let three = try prompts(3)
    #expect(three.virtualTokens == 2 && three.vectors.rows == 6)
    let tuner = FineTuner()
    let together = try tuner.loss(AdaptedModel(model, adapters: [three]), onTokens: examples)
    let apart = try (0..<3).map { member in
      let one = try SoftTokens(
        .prompt, vectors: three.vectors.gatherRows([2 * member, 2 * member + 1]), for: model.network
      )
      return try tuner.loss(AdaptedModel(model, adapters: [one]), onTokens: examples)
    }
    #expect(abs(together - apart.reduce(0, +) / 3) < 1e-5)
    #expect(abs(apart[0] - apart[1]) > 1e-4)
  }

  /// The answer of most members, as each of them alone gives it.
  @Test(arguments: [AnswerMode.generate, .choose]) func membersVote(mode: AnswerMode) throws {
    let model = try TinyModels.safetensors()
    let ensemble = try prompts(3)
    let texts = ["the key", "a cat and", "keys", "is a"]
    let choices = ["are", "is", "was"]
    let asked = texts.map {
      TaskExample(prompt: $0, completion: " is", answer: "is", choices: choices)
    }
    var task = EvaluationTask(
      name: "t", template: .verbatim, extraction: .text, maximumTokens: 3)
    task.metrics = [.accuracy]
    let evaluator = Evaluator(task, mode: mode)
    let found = try evaluator.evaluate(AdaptedModel(model, adapters: [ensemble]), on: asked).texts
    let alone = try (0..<3).map { member in
      let one = try SoftTokens(
        .prompt, vectors: ensemble.vectors.gatherRows([2 * member, 2 * member + 1]),
        for: model.network)
      return try evaluator.evaluate(AdaptedModel(model, adapters: [one]), on: asked).texts
    }
    for index in asked.indices {
      let answers = alone.map { $0[index] }
      let counts = answers.map { answer in answers.count { $0 == answer } }
      #expect(found[index] == answers[counts.firstIndex(of: counts.max()!)!])
    }
  }

  @Test func fileKeepsAllMembers() throws {
    let model = try TinyModels.safetensors()
    let adapted = try AdaptedModel(model, adapters: [prompts(2)])
    let kept = try TemporaryFolder()
    try adapted.write(to: kept.url)
    let again = try AdaptedModel(contentsOf: kept.url.path, base: model)
    #expect(again.members == 2)
    #expect(
      try FineTuner().loss(again, onTokens: examples)
        == FineTuner().loss(adapted, onTokens: examples))
  }

  @Test func onlyPromptsVote() throws {
    var configuration = AdapterConfiguration(method: "prefix-tuning")
    configuration.members = 2
    #expect(
      line { _ = try configuration.makeAdapter(for: TinyModels.safetensors()) }
        == "members: expected 1, as only prompts vote, found 2")
  }
}

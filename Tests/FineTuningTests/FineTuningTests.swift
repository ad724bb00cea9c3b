import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers
import Testing

/// LoReFT inside, from and around a given subspace, on a tiny random LLaMA.
@Suite struct FineTuningTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/models")
  private let site = Site.blockOutput(1, .all)
  private let pairs = [
    PromptCompletion(prompt: "abc", completion: "cc"),
    PromptCompletion(prompt: "cab a", completion: "b"),
  ]

  private func model() throws -> LanguageModel {
    try LanguageModel(contentsOf: Self.fixtures.appending(path: "llama-gqa.gguf"))
  }

  private var settings: FineTuningSettings {
    var settings = FineTuningSettings()
    (settings.epochs, settings.learningRate) = (60, 0.05)
    return settings
  }

  private func trained(_ rotation: Rotation) throws -> (AdaptedModel, before: Double, after: Double)
  {
    let adapted = try AdaptedModel(
      try model(), [PlacedIntervention(ReFT(rotation: rotation), at: site)])
    let tuner = FineTuner(settings: settings)
    let before = try tuner.loss(adapted, on: pairs)
    let losses = try tuner.train(adapted, on: pairs).losses
    #expect(abs(losses[0] - before) < 1e-5, "LoReFT starts where the model is as it was")
    return (adapted, before, try tuner.loss(adapted, on: pairs))
  }

  /// The mean over completion tokens of −log p, computed by one run a token.
  @Test func lossEqualsAPlainComputation() throws {
    let model = try model()
    var (total, count) = (0.0, 0)
    for pair in pairs {
      var tokens = model.tokenizer.encode(pair.prompt)
      for token in model.tokenizer.encode(pair.completion, addingSpecialTokens: false) {
        let logits = try #require(try model.run(.lastLogits([.tokens(tokens)])).logits)
        total -= Double(logits.logSoftmax()[0, token])
        count += 1
        tokens.append(token)
      }
    }
    let loss = try FineTuner(settings: settings).loss(AdaptedModel(model, []), on: pairs)
    #expect(abs(loss - total / Double(count)) < 1e-5)
  }

  @Test func startFixedAndConstrained() throws {
    let saved = try Rotation.random(rank: 4, width: 16, seed: 3)

    let free = saved.trainable
    let start = try trained(free)
    #expect(start.after < 0.5 * start.before)
    #expect(free.frame.elements != saved.frame.elements)
    #expect(free.orthonormalityError < 1e-5)

    let fixed = saved.frozen
    let fixedRun = try trained(fixed)
    #expect(fixedRun.after < 0.7 * fixedRun.before)
    #expect(fixed.frame.elements == saved.frame.elements)
    #expect(fixedRun.0.parameters.count == 2)

    let inside = try saved.within(rank: 2, seed: 1)
    let before = inside.frame.elements
    let constrained = try trained(inside)
    #expect(constrained.after < constrained.before)
    #expect(inside.frame.elements != before)
    // Every row still lies in the saved subspace: its part inside has length 1.
    let part = inside.frame.linear(saved.frame)
    for row in 0..<2 {
      let length = part.rowSlice(row..<row + 1).elements.reduce(0) { $0 + $1 * $1 }
      #expect(abs(length - 1) < 1e-5)
    }
    #expect(inside.orthonormalityError < 1e-5)
  }

  @Test func sameSeedSameParameters() throws {
    let first = try trained(.random(rank: 2, width: 16, seed: 1))
    let second = try trained(.random(rank: 2, width: 16, seed: 1))
    for (a, b) in zip(first.0.parameters, second.0.parameters) {
      #expect(a.value.elements == b.value.elements)
    }
  }

  /// Decoding from the store equals running prompt and continuation anew with the prompt edited.
  @Test func generationEqualsRecomputation() throws {
    let adapted = try trained(.random(rank: 2, width: 16, seed: 1)).0
    let prompts = ["abc", "cab a"].map { adapted.base.encode($0).ids }
    let generated = try adapted.generate(prompts, options: GenerationOptions(maximumTokens: 5))
    for (prompt, found) in zip(prompts, generated) {
      var tokens = prompt
      let edits = try adapted.edits([prompt], promptLengths: [prompt.count])
      for token in found {
        let run = try adapted.base.run(.lastLogits([.tokens(tokens)], edits: edits))
        #expect(try #require(run.logits).rowMaxima() == [token])
        tokens.append(token)
      }
      #expect(found.count == 5)
    }
  }

  @Test func filesRoundTripAndRefuseAnotherBase() throws {
    let adapted = try trained(.random(rank: 2, width: 16, seed: 1)).0
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try adapted.write(to: folder)
    let read = try AdaptedModel(contentsOf: folder.path, base: adapted.base)
    let prompts = [adapted.base.encode("abc").ids]
    #expect(try read.lastLogits(prompts).elements == adapted.lastLogits(prompts).elements)

    let other = try LanguageModel(contentsOf: Self.fixtures.appending(path: "llama-gqa"))
    do {
      _ = try AdaptedModel(contentsOf: folder.path, base: other)
      Issue.record("an adapter of another base model was accepted")
    } catch {
      #expect("\(error)".contains(try adapted.base.identity()))
      #expect("\(error)".contains(try other.identity()))
    }
  }

  @Test func overlapIsRefusedWithBothNames() throws {
    let interventions = try [Site.blockOutput(1, .last), .blockOutput(1, .index(2))].map {
      PlacedIntervention(
        ReFT(rotation: try .random(rank: 1, width: 16, seed: 0)), at: $0)
    }
    let adapted = try AdaptedModel(try model(), interventions)
    #expect(
      throws: FineTuningError.overlap(first: "block_output 1 @ -1", second: "block_output 1 @ 2")
    ) { try adapted.edits([[1, 2, 3]], promptLengths: [3]) }
    #expect(try adapted.edits([[1, 2, 3, 4]], promptLengths: [4]).count == 2)
  }
}

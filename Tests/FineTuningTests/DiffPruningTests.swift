import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Diff pruning: gates, their penalty, and what is kept.
@Suite struct DiffPruningTests {
  private func adapter(keep: Double = 0.1) throws -> InterventionAdapter {
    var configuration = AdapterConfiguration(method: "diff-pruning")
    configuration.share = keep
    let made = try configuration.makeAdapter(for: TinyModels.safetensors())
    return try #require(made as? InterventionAdapter)
  }

  private func random(_ shape: [Int], _ seed: UInt64, deviation: Double = 1) -> Tensor {
    var generator = RandomGenerator(seed: seed)
    return .normal(shape, deviation: deviation, using: &generator)
  }

  private func gate(_ logit: Float) -> Double {
    min(max(4 / (1 + exp(-Double(logit))) - 1.5, 0), 1)
  }

  /// h + (z ⊙ Δ) x with z the cut, stretched sigmoid; and the number of open gates.
  @Test func plainLoops() throws {
    let update = SparseUpdate(width: 3, inputWidth: 5)
    update.delta.value = random([3, 5], 1)
    update.gates.value = random([3, 5], 2, deviation: 2)
    let (base, read) = (random([4, 3], 3), random([4, 5], 4))
    let found = update(base, sources: [read])
    for row in 0..<4 {
      for output in 0..<3 {
        let change = (0..<5).reduce(0.0) {
          $0 + gate(update.gates.value[output, $1]) * Double(update.delta.value[output, $1])
            * Double(read[row, $1])
        }
        #expect(abs(Double(found[row, output]) - Double(base[row, output]) - change) < 1e-5)
      }
    }
    let count = update.gates.value.elements.reduce(0.0) { $0 + 1 / (1 + exp(-Double($1))) }
    #expect(abs(Double(update.expectedCount.scalar) - count) < 1e-4)
  }

  /// The gradients of gates and changes against differences, where no gate is cut.
  @Test func gradientsAreDifferences() throws {
    let update = SparseUpdate(width: 3, inputWidth: 5)
    update.delta.value = random([3, 5], 1)
    update.gates.value = random([3, 5], 2, deviation: 0.2)
    let (base, read, weights) = (random([4, 3], 3), random([4, 5], 4), random([4, 3], 5))
    func loss() -> Tensor { (update(base, sources: [read]) * weights).sum() }
    loss().backward()
    for parameter in update.parameters {
      let gradient = try #require(parameter.gradient)
      let start = parameter.value
      for index in [0, 7, 14] {
        var step = [Float](repeating: 0, count: 15)
        step[index] = 1e-2
        parameter.value = start + Tensor(step, shape: start.shape)
        let above = loss().scalar
        parameter.value = start - Tensor(step, shape: start.shape)
        let below = loss().scalar
        parameter.value = start
        #expect(abs(gradient.elements[index] - (above - below) / 2e-2) < 2e-3)
      }
    }
  }

  /// A drawn gate is shut, open or between, and half as often shut as open at a logit of 0.
  @Test func drawsOfAGate() {
    let update = SparseUpdate(width: 100, inputWidth: 100)
    update.delta.value = Tensor(repeating: 1, shape: [100, 100])
    update.gates.value = .zeros([100, 100])
    var generator = RandomGenerator(seed: 5)
    // The identity reads out every gate.
    var identity = [Float](repeating: 0, count: 10_000)
    for index in 0..<100 { identity[101 * index] = 1 }
    let gates = update.change(
      of: .zeros([100, 100]), sources: [Tensor(identity, shape: [100, 100])], noise: &generator
    ).elements
    let (shut, open) = (gates.count { $0 == 0 }, gates.count { $0 == 1 })
    // sigmoid(l) < 3/8 and > 5/8 for a logistic l: three eighths each.
    #expect(abs(shut - 3750) < 200 && abs(open - 3750) < 200)
    #expect(gates.allSatisfy { (0...1).contains($0) })
  }

  /// In the second half exactly the given share changes, also after training on; the file and the
  /// merged weights give the same.
  @Test func keepsItsShare() throws {
    let model = try TinyModels.safetensors()
    let adapter = try adapter()
    let adapted = try AdaptedModel(model, adapters: [adapter])
    let all = adapter.parameters.reduce(0) { $0 + $1.value.count } / 2
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (10, 2, 1e-2)
    let examples = (0..<4).map {
      TokenizedExample(tokens: [5 + $0, 9, 2, 14 - $0], promptLength: 2)
    }
    let history = try FineTuner(settings: settings).train(adapted, onTokens: examples)
    #expect(history.losses.last! < history.losses[0])
    #expect(adapted.parameterCount == Int((0.1 * Double(all)).rounded()))
    // Gates that are settled are not trained on.
    for placed in adapted.interventions {
      let update = try #require(placed.intervention as? SparseUpdate)
      #expect(update.isSettled && update.gates.value.elements.allSatisfy { abs($0) == 40 })
    }
    let prompts = [[5, 9, 2], [6, 9]]
    let expected = try adapted.lastLogits(prompts).elements
    let merged = try AdaptedModel(adapted.merged(), adapters: []).lastLogits(prompts).elements
    #expect(largestDifference(merged, expected) < rounding(ofRun: expected))
    let kept = try TemporaryFolder()
    try adapted.write(to: kept.url)
    let again = try AdaptedModel(contentsOf: kept.url.path, base: model)
    #expect(try again.lastLogits(prompts).elements == expected)
    #expect(again.parameterCount == adapted.parameterCount)
  }

  /// A state from before it has pruned is never the best, however good it was.
  @Test func theBestStateIsPruned() throws {
    let adapter = try adapter()
    let adapted = try AdaptedModel(TinyModels.safetensors(), adapters: [adapter])
    let all = adapter.parameters.reduce(0) { $0 + $1.value.count } / 2
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.evaluationInterval) = (10, 2, 1)
    let examples = (0..<4).map {
      TokenizedExample(tokens: [5 + $0, 9, 2, 14 - $0], promptLength: 2)
    }
    var measured = 0.0
    let history = try FineTuner(settings: settings).train(
      adapted, onTokens: examples,
      development: .loss { _ in
        measured += 1
        return measured
      })
    // Of 20 steps the eleventh begins with the pruning.
    #expect(history.evaluations.count == 20 && history.best?.step == 11)
    #expect(adapted.parameterCount == Int((0.1 * Double(all)).rounded()))
  }

  @Test func choicesThatDoNotFit() throws {
    #expect(line { _ = try adapter(keep: 0) } == "keep: expected above 0, to 1, found 0.0")
  }
}

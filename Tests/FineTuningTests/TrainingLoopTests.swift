import Foundation
import InterchangeCheckpoints
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The training loop's work beside taking steps.
@Suite struct TrainingLoopTests {
  private let pairs = (0..<11).map { index in
    PromptCompletion(
      prompt: String(repeating: "ab c", count: 1 + index % 4), completion: "de\(index % 3)")
  }
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func settings(_ change: (inout FineTuningSettings) -> Void = { _ in }) -> FineTuner {
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (4, 3, 0.02)
    change(&settings)
    return FineTuner(settings: settings)
  }

  private func adapted(dropout: Double = 0) throws -> AdaptedModel {
    try AdaptedModel(
      TinyModels.gguf(),
      [
        PlacedIntervention(
          try randomLoReFT(rank: 2, seed: 1), at: .blockOutput(0, .firstAndLast(1, 1)),
          dropout: dropout),
        PlacedIntervention(
          ReFT(.nodireft, projection: randomLoReFT(rank: 2, seed: 2).weight!.value),
          at: .blockOutput(1, .last), dropout: dropout),
      ])
  }

  private struct Stop: Error {}

  /// Stopped after any step and resumed, a run ends in the same bits as one that was never stopped,
  /// dropout, clipping, accumulation, development measure and all.
  @Test func resumedRunsEndInTheSameNumbers() throws {
    let tuner = settings {
      ($0.gradientClip, $0.accumulation, $0.evaluationInterval) = (0.5, 2, 3)
    }
    func train(
      _ model: AdaptedModel, _ folder: TrainingFolder?, stopAfter: Int = .max
    ) throws -> TrainingHistory {
      var taken = 0
      let development = FineTuner.Development.loss { try tuner.loss($0, on: Array(pairs[..<3])) }
      let tokens = try model.base.tokenized(pairs, endsCompletion: false)
      // A stop between two steps: the progress can't throw, the measure can.
      let stopping = FineTuner.Development.loss { model in
        if taken >= stopAfter { throw Stop() }
        return try development.value(model)
      }
      return try tuner.train(model, onTokens: tokens, development: stopping, folder: folder) { _ in
        taken += 1
      }
    }
    let whole = try adapted(dropout: 0.3)
    let expected = try train(whole, nil)
    #expect(
      expected.losses.count == 16 && expected.evaluations.map(\.step) == [3, 6, 9, 12, 15, 16])
    for interval in [1, 2, 5] {
      let place = folder.url.appending(component: "every-\(interval)")
      var history: TrainingHistory?
      var stops = 0
      var last: AdaptedModel?
      while history == nil {
        let model = try adapted(dropout: 0.3)
        last = model
        do {
          history = try train(
            model, TrainingFolder(place, resumes: true, interval: interval), stopAfter: 6)
        } catch is Stop {
          stops += 1
        }
        try #require(stops < 20)
      }
      #expect(stops >= 1, "every \(interval)")
      #expect(history == expected, "every \(interval)")
      #expect(
        last?.parameters.map(\.value.elements) == whole.parameters.map(\.value.elements))
      let log = try String(contentsOf: place.appending(component: "log.jsonl"), encoding: .utf8)
      let lines = try log.split(separator: "\n").map {
        try JSONDecoder().decode(TrainingLogLine.self, from: Data($0.utf8))
      }
      #expect(lines.filter { $0.loss != nil }.map(\.step) == Array(1...16))
      #expect(lines.compactMap(\.loss) == expected.losses)
    }
  }

  @Test func theStateOfAnotherRunIsRefused() throws {
    let place = TrainingFolder(folder.url, resumes: true, interval: 1)
    try settings().train(adapted(), on: pairs, folder: place)
    let path = folder.url.appending(component: "checkpoint.safetensors").path
    func message(_ tuner: FineTuner, _ model: AdaptedModel, _ pairs: [PromptCompletion]) -> String?
    {
      line { try tuner.train(model, on: pairs, folder: place) }
    }
    #expect(message(settings(), try adapted(), pairs) == nil)
    #expect(
      message(settings(), try adapted(), Array(pairs[1...]))?
        .hasPrefix("\(path): training data: expected 10 examples, hash ") == true)
    #expect(
      message(settings { $0.seed = 9 }, try adapted(), pairs)?
        .hasPrefix("\(path): seed: expected 9, as asked for now, found ") == true)
    let other = try AdaptedModel(
      TinyModels.gguf(),
      [PlacedIntervention(RepresentationEditing(width: 16), at: .blockOutput(0, .last))])
    #expect(
      message(settings(), other, pairs)
        == "\(path): method: expected red, as asked for now, found loreft+nodireft")
  }

  /// The parts of a step gather the gradient of the whole.
  @Test func accumulationChangesNothing() throws {
    let (whole, parts) = (try adapted(), try adapted())
    let first = try settings { $0.batchSize = 6 }.train(whole, on: pairs)
    let second = try settings { ($0.batchSize, $0.accumulation) = (6, 4) }.train(parts, on: pairs)
    // Sums in another order, and products of few rows take other kernels.
    for (a, b) in zip(first.losses, second.losses) { #expect(abs(a - b) < 1e-4) }
    for (a, b) in zip(whole.parameters, parts.parameters) {
      for (x, y) in zip(a.value.elements, b.value.elements) { #expect(abs(x - y) < 1e-3) }
    }
  }

  /// Parts count by their tokens: completions of different lengths give the same gradient in parts.
  @Test func partsCountByTheirTokens() throws {
    let (whole, parts) = (try adapted(), try adapted())
    let uneven = (0..<4).map { index in
      PromptCompletion(
        prompt: "ab c", completion: String(repeating: "de", count: index < 2 ? 1 : 6))
    }
    let first = try settings { ($0.batchSize, $0.epochs) = (4, 3) }.train(whole, on: uneven)
    let second = try settings { ($0.batchSize, $0.epochs, $0.accumulation) = (4, 3, 4) }
      .train(parts, on: uneven)
    for (a, b) in zip(first.losses, second.losses) { #expect(abs(a - b) < 1e-4) }
    for (a, b) in zip(whole.parameters, parts.parameters) {
      for (x, y) in zip(a.value.elements, b.value.elements) { #expect(abs(x - y) < 1e-3) }
    }
  }

  @Test func clippedGradientsHaveTheNorm() throws {
    let place = TrainingFolder(folder.url)
    try settings { $0.gradientClip = 1e-3 }.train(adapted(), on: pairs, folder: place)
    let log = try String(
      contentsOf: folder.url.appending(component: "log.jsonl"), encoding: .utf8)
    let first = try JSONDecoder().decode(
      TrainingLogLine.self, from: Data(try #require(log.split(separator: "\n").first).utf8))
    #expect(try #require(first.gradientNorm) > 1e-3, "the norm before clipping")
    let parameter = Parameter("p", Tensor([3, 4]))
    (parameter.tensor * Tensor([3, 4])).sum().backward()
    #expect([parameter].clipGradients(to: 1) == 5)
    let clipped = try #require(parameter.gradient).elements
    #expect(abs(clipped[0] - 0.6) < 1e-6 && abs(clipped[1] - 0.8) < 1e-6)
    #expect(abs([parameter].clipGradients(to: 2) - 1) < 1e-6)
    #expect(parameter.gradient?.elements == clipped)
  }

  @Test func stopsEarlyWithTheBestParameters() throws {
    let model = try adapted()
    var values = [5.0, 3, 4, 3.5, 1, 1]
    var atBest: [[Float]] = []
    let development = FineTuner.Development.loss { model in
      let value = values.removeFirst()
      if value == 3 { atBest = model.parameters.map(\.value.elements) }
      return value
    }
    let tuner = settings { ($0.evaluationInterval, $0.patience) = (2, 2) }
    let history = try tuner.train(model, on: pairs, development: development)
    #expect(history.stoppedEarly && history.losses.count == 8)
    #expect(history.best?.step == 4 && history.best?.value == 3)
    #expect(model.parameters.map(\.value.elements) == atBest)
    values = [5.0, 3, 4, 3.5, 1, 1]
    let scored = try tuner.train(
      adapted(), on: pairs, development: .score { _ in values.removeFirst() })
    #expect(scored.best?.value == 5 && scored.losses.count == 6)
  }

  /// Dropout is of the edit: with everything but a trace left out, the model is as without it.
  @Test func dropoutLeavesOutTheEditAlone() throws {
    let model = try adapted(dropout: 0.999_999)
    let plain = try AdaptedModel(TinyModels.gguf(), [])
    let tuner = settings { ($0.batchSize, $0.epochs) = (11, 1) }
    let base = try tuner.loss(plain, on: pairs)
    let edited = try tuner.loss(model, on: pairs)
    #expect(abs(base - edited) > 0.05, "outside training there is no dropout")
    let first = try tuner.train(model, on: pairs).losses[0]
    #expect(abs(first - base) < 1e-4)
  }

  /// A loss that is no number stops the run at its step; the last good state stays on disk.
  @Test func divergenceKeepsTheLastState() throws {
    let model = try adapted()
    let place = TrainingFolder(folder.url, resumes: true, interval: 1)
    // The rate rises step by step until a parameter overflows.
    let tuner = settings { ($0.learningRate, $0.warmup, $0.epochs) = (1e39, 1, 40) }
    var taken = 0
    let message = line {
      try tuner.train(model, on: pairs, folder: place) { _ in taken += 1 }
    }
    #expect(taken >= 1)
    #expect(
      message == "the loss is not a number at step \(taken); try a smaller learning rate")
    let kept = try SafetensorsFile(
      contentsOf: folder.url.appending(component: "checkpoint.safetensors"))
    for name in kept.names where !name.hasSuffix("best") {
      #expect(try kept.tensor(named: name).floats().elements.allSatisfy { $0.isFinite }, "\(name)")
    }
  }

  @Test func batchesAreOfSimilarLength() throws {
    var lengths: [Int] = []
    let many = (0..<96).map { index in
      PromptCompletion(prompt: String(repeating: "x", count: 1 + index % 24), completion: "y")
    }
    let model = try AdaptedModel(TinyModels.gguf(), [])
    for example in try model.base.tokenized(many, endsCompletion: false) {
      lengths.append(example.tokens.count)
    }
    let batches = BatchOrder(lengths: lengths, batchSize: 6, seed: 1, epoch: 0).batches
    #expect(batches.flatMap { $0 }.sorted() == Array(0..<96))
    let spread = batches.map { batch in
      (batch.map { lengths[$0] }.max() ?? 0) - (batch.map { lengths[$0] }.min() ?? 0)
    }
    #expect(spread.allSatisfy { $0 <= 2 })
    let again = BatchOrder(lengths: lengths, batchSize: 6, seed: 1, epoch: 0).batches
    let next = BatchOrder(lengths: lengths, batchSize: 6, seed: 1, epoch: 1).batches
    #expect(batches == again && batches != next)
    #expect(batches.map { lengths[$0[0]] } != batches.map { lengths[$0[0]] }.sorted())
  }
}

import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

@Suite struct FineTunerTests {
  private let pairs = [
    PromptCompletion(prompt: "the cat", completion: " and"),
    PromptCompletion(prompt: "a", completion: "bc"),
    PromptCompletion(prompt: "12 on the sand", completion: "!"),
    PromptCompletion(prompt: "re", completion: "ing he"),
    PromptCompletion(prompt: "xyz", completion: "zyx"),
  ]
  private let site = Site.blockOutput(1, .last)

  private func settings(_ change: (inout FineTuningSettings) -> Void = { _ in }) -> FineTuner {
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (12, 2, 0.05)
    change(&settings)
    return FineTuner(settings: settings)
  }

  /// The mean over all completion tokens of −log p, prompt by prompt, the edit made in plain loops.
  private func plainLoss(
    _ model: LanguageModel, _ loreft: ReFT, positions: Positions, endsCompletion: Bool = false
  ) throws -> Double {
    var losses: [Double] = []
    for pair in pairs {
      let prompt = model.tokenizer.encode(pair.prompt)
      var completion = model.tokenizer.encode(pair.completion, addingSpecialTokens: false)
      if endsCompletion { completion.append(try #require(model.tokenizer.endOfSequence)) }
      let input = ModelInput.tokens(prompt + completion)
      let cells = Cells(
        .blockOutput, layer: 1, positions: [try positions.resolved(length: prompt.count)])
      let rows = try model.run(Request([input], captures: [cells])).captures[0]
      let edited = plainLoReFT(loreft, rows)
      var request = Request([input], edits: [Edit(cells) { _ in edited }])
      request.logits = [Array(0..<input.length)]
      let logits = try #require(try model.run(request).logits)
      for (place, target) in completion.enumerated() {
        let row = logits.rowSlice(prompt.count - 1 + place..<prompt.count + place).elements
          .map(Double.init)
        let largest = row.max()!
        losses.append(
          largest + log(row.reduce(0) { $0 + exp($1 - largest) }) - row[target])
      }
    }
    return losses.reduce(0, +) / Double(losses.count)
  }

  @Test(arguments: [Positions.last, .all, .first(1), .firstAndLast(1, 1)])
  func lossEqualsAPlainComputation(positions: Positions) throws {
    let model = try TinyModels.gguf()
    let loreft = try randomLoReFT(rank: 3, seed: 1)
    let adapted = try AdaptedModel(
      model, [PlacedIntervention(loreft, at: .blockOutput(1, positions))])
    for size in [1, 2, 5] {
      let found = try settings { $0.batchSize = size }.loss(adapted, on: pairs)
      // float32 logits of a few units.
      #expect(abs(found - (try plainLoss(model, loreft, positions: positions))) < 1e-5)
    }
  }

  @Test func theEndIsLearnedWhenAskedFor() throws {
    let model = try TinyModels.gguf()
    let loreft = try randomLoReFT(rank: 2, seed: 2)
    let adapted = try AdaptedModel(model, [PlacedIntervention(loreft, at: site)])
    let found = try settings { $0.endsCompletion = true }.loss(adapted, on: pairs)
    let expected = try plainLoss(model, loreft, positions: .last, endsCompletion: true)
    #expect(abs(found - expected) < 1e-5)
    #expect(abs(found - (try plainLoss(model, loreft, positions: .last))) > 1e-2)
  }

  /// LoReFT starts where the model is as it was.
  @Test func startsAsTheBaseModel() throws {
    let model = try TinyModels.gguf()
    let fresh = try AdaptedModel(
      model,
      [PlacedIntervention(ReFT(rotation: .random(rank: 4, width: 16, seed: 0)), at: site)])
    let plain = try AdaptedModel(model, [])
    let tuner = settings()
    let (found, expected) = (try tuner.loss(fresh, on: pairs), try tuner.loss(plain, on: pairs))
    #expect(Float(abs(found - expected)) < rounding(ofRun: [Float(expected)]))
  }

  @Test func trainingLowersTheLoss() throws {
    let adapted = try AdaptedModel(
      TinyModels.gguf(),
      [PlacedIntervention(ReFT(rotation: .random(rank: 4, width: 16, seed: 0)), at: site)])
    let tuner = settings { $0.epochs = 60 }
    let before = try tuner.loss(adapted, on: pairs)
    var told: [FineTuner.Progress] = []
    let losses = try tuner.train(adapted, on: pairs) { told.append($0) }.losses
    #expect(try tuner.loss(adapted, on: pairs) < 0.7 * before)
    // Three steps an epoch: five pairs by two.
    #expect(told.map(\.step) == Array(1...180))
    #expect(told.allSatisfy { $0.steps == 180 })
    #expect(told.map(\.loss) == losses)
    // A tenth of the steps warms up to the peak, from which the rate falls to nothing.
    #expect(told.map(\.learningRate).max() == told[17].learningRate)
    #expect(told[0].learningRate < 0.004 && told[179].learningRate < 0.001)
  }

  @Test func sameSeedSameNumbers() throws {
    let model = try TinyModels.gguf()
    func train(seed: UInt64) throws -> ([Double], [[Float]]) {
      let adapted = try AdaptedModel(
        model,
        [PlacedIntervention(ReFT(rotation: .random(rank: 4, width: 16, seed: 0)), at: site)])
      let losses = try settings { $0.seed = seed }.train(adapted, on: pairs).losses
      return (losses, adapted.parameters.map(\.value.elements))
    }
    let (first, again, other) = (try train(seed: 1), try train(seed: 1), try train(seed: 2))
    #expect(first.0 == again.0 && first.1 == again.1)
    #expect(first.0 != other.0)
  }

  /// Training leaves the base model's logits as they are, bit for bit.
  @Test func trainingLeavesTheBaseModelAsItIs() throws {
    let model = try TinyModels.gguf()
    let before = try model.logits(after: "the cat").elements
    let adapted = try AdaptedModel(
      model, [PlacedIntervention(randomLoReFT(rank: 2, seed: 1), at: site)])
    try settings().train(adapted, on: pairs)
    #expect(try model.logits(after: "the cat").elements == before)
  }

  @Test func fixedRotationStaysBitIdentical() throws {
    let rotation = try Rotation.random(rank: 3, width: 16, seed: 1).frozen
    let before = rotation.frame.elements.map(\.bitPattern)
    let loreft = ReFT(rotation: rotation)
    let weight = loreft.weight!.value.elements
    let adapted = try AdaptedModel(TinyModels.gguf(), [PlacedIntervention(loreft, at: site)])
    #expect(adapted.parameters.reduce(0) { $0 + $1.value.count } == 3 * 16 + 3)
    try settings { $0.weightDecay = 0.1 }.train(adapted, on: pairs)
    #expect(rotation.frame.elements.map(\.bitPattern) == before)
    #expect(loreft.weight!.value.elements != weight)
  }

  @Test func trainedRotationStaysOrthonormal() throws {
    let rotation = try Rotation.random(rank: 6, width: 16, seed: 1)
    let before = rotation.frame.elements
    let adapted = try AdaptedModel(
      TinyModels.gguf(), [PlacedIntervention(ReFT(rotation: rotation), at: site)])
    try settings { ($0.epochs, $0.learningRate) = (40, 0.3) }.train(adapted, on: pairs)
    #expect(rotation.orthonormalityError < 1e-5)
    #expect(rotation.frame.elements != before)
  }

  @Test func constrainedRotationStaysInItsContainer() throws {
    let container = try Rotation.random(rank: 5, width: 16, seed: 1)
    let rotation = try container.within(rank: 2, seed: 2)
    let before = rotation.frozen
    let start = try Rotation(orthonormal: before.frame)
    let adapted = try AdaptedModel(
      TinyModels.gguf(), [PlacedIntervention(ReFT(rotation: rotation), at: site)])
    try settings { ($0.epochs, $0.learningRate) = (40, 0.2) }.train(adapted, on: pairs)
    // Two angles of float32 products of 16 terms.
    #expect(try rotation.principalAngles(to: container).allSatisfy { $0 < 1e-5 })
    #expect(try rotation.principalAngles(to: start)[1] > 0.01, "it moved within")
    #expect(rotation.orthonormalityError < 1e-5)
  }

  @Test func wrongSettings() throws {
    let wrong: [(String, (inout FineTuningSettings) -> Void)] = [
      ("epochs: expected at least 1, found 0", { $0.epochs = 0 }),
      ("batch size: expected at least 1, found -2", { $0.batchSize = -2 }),
      ("learning rate: expected a number above 0, found -1.0", { $0.learningRate = -1 }),
      ("learning rate: expected a number above 0, found nan", { $0.learningRate = .nan }),
      ("warm-up: expected 0 to 1, found inf", { $0.warmup = .infinity }),
      ("weight decay: expected 0 or more, found nan", { $0.weightDecay = .nan }),
    ]
    let adapted = try AdaptedModel(TinyModels.gguf(), [])
    for (message, change) in wrong {
      #expect(line { _ = try settings(change).train(adapted, on: pairs) } == message)
      #expect(line { _ = try settings(change).loss(adapted, on: pairs) } == message)
    }
  }

  @Test func dataThatCannotBeTrainedOn() throws {
    let adapted = try AdaptedModel(
      TinyModels.gguf(),
      [PlacedIntervention(randomLoReFT(rank: 1, seed: 0), at: .blockOutput(0, .index(3)))])
    let tuner = settings()
    #expect(throws: FineTuningError.noExamples) { try tuner.train(adapted, on: []) }
    #expect(throws: FineTuningError.noExamples) { try tuner.loss(adapted, on: []) }
    #expect(throws: FineTuningError.emptyText(example: 1, part: "prompt")) {
      try tuner.train(
        adapted, on: [pairs[0], PromptCompletion(prompt: "", completion: "a")])
    }
    #expect(throws: FineTuningError.emptyText(example: 0, part: "completion")) {
      try tuner.loss(adapted, on: [PromptCompletion(prompt: "a", completion: "")])
    }
    #expect(throws: ModelError.positionOutOfRange(position: 3, length: 1)) {
      try tuner.train(adapted, on: pairs)
    }
    let long = PromptCompletion(
      prompt: String(repeating: "x", count: 600), completion: "y")
    #expect(throws: FineTuningError.tooLong(example: 0, tokens: 601, maximum: 512)) {
      try tuner.train(adapted, on: [long])
    }
  }

  @Test func divergence() throws {
    let loreft = try randomLoReFT(rank: 1, seed: 0)
    loreft.bias.value = Tensor([Float.nan])
    let adapted = try AdaptedModel(TinyModels.gguf(), [PlacedIntervention(loreft, at: site)])
    #expect(throws: FineTuningError.diverged(step: 0)) {
      try settings().train(adapted, on: pairs)
    }
  }
}

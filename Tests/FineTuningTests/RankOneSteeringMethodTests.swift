import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// ReFT-r1 as a method: in training by whole sequences, afterwards row by row.
@Suite struct RankOneSteeringMethodTests {
  private let model: LanguageModel
  /// Texts of different lengths.
  private let examples = [
    TokenizedExample(tokens: [5, 9, 2, 14, 7, 8, 3], promptLength: 3),
    TokenizedExample(tokens: [20, 46, 43, 18], promptLength: 2),
    TokenizedExample(tokens: [11, 6, 30, 12, 4], promptLength: 4),
  ]
  private static let layer = 1

  init() throws { model = try TinyModels.safetensors() }

  private func adapted(
    latents: Int = 2, penalty: Double = 0.1, positions: Positions = .everyAfter(first: 1)
  ) throws -> (AdaptedModel, RankOneSteering) {
    var configuration = AdapterConfiguration(method: "reft-r1")
    (configuration.latents, configuration.penalty) = (latents, penalty)
    configuration.positions = positions
    let adapted = try model.adapted(by: configuration, seed: 4)
    return (adapted, try #require(adapted.interventions(of: RankOneSteering.self).first))
  }

  private func train(_ adapted: AdaptedModel, epochs: Int = 40) throws -> TrainingHistory {
    var settings = FineTuningSettings()
    // One batch of all examples, so that the losses of the steps are of the same texts.
    (settings.epochs, settings.batchSize, settings.learningRate) = (epochs, 3, 3e-2)
    return try FineTuner(settings: settings).train(adapted, onTokens: examples)
  }

  /// The rows of the frozen model from a position on, in double precision.
  private func rows(_ tokens: [Int], from first: Int) throws -> [[Double]] {
    let cells = Cells(
      .blockOutput, layer: Self.layer, positions: [Array(first..<tokens.count)])
    let rows = try model.run(Request([.tokens(tokens)], captures: [cells])).captures[0]
    return (0..<rows.rows).map { row in (0..<16).map { Double(rows[row, $0]) } }
  }

  private func latent(_ row: [Double], _ direction: [Double]) -> Double {
    let product: Double = zip(row, direction).reduce(0) { $0 + $1.0 * $1.1 }
    return max(0, product)
  }

  /// The mean of the largest k of the latents, and the sum of the others over their number.
  private func latents(
    _ rows: [[Double]], _ direction: [Double], _ count: Int
  ) -> (mean: Double, others: Double) {
    let values = rows.map { latent($0, direction) }.sorted(by: >)
    let (largest, others) = (values.prefix(count), values.dropFirst(count))
    let mean = largest.reduce(0, +) / Double(largest.count)
    return (mean, others.reduce(0, +) / Double(values.count))
  }

  /// The cross-entropy of texts, each with a vector added from a position on.
  private func plainLoss(_ vectors: [[Double]], from first: Int) throws -> Double {
    var total = 0.0
    for (example, vector) in zip(examples, vectors) {
      let added = Tensor(vector.map { Float($0) })
      var request = Request([example.input])
      let positions = Array(first..<example.tokens.count)
      request.edits = [
        Edit(Cells(.blockOutput, layer: Self.layer, positions: [positions])) {
          $0.addingToRows(added)
        }
      ]
      let targets = Array(example.tokens[example.promptLength...])
      request.logits = [Array(example.promptLength - 1..<example.tokens.count - 1)]
      request.targets = targets
      let mean = try #require(try model.run(request).loss).scalar
      total += Double(mean) * Double(targets.count)
    }
    let counts = examples.map { $0.tokens.count - $0.promptLength }
    return total / Double(counts.reduce(0, +))
  }

  private func request(_ adapted: AdaptedModel) throws -> Request {
    var request = Request(examples.map(\.input))
    request.logits = examples.map { Array($0.promptLength - 1..<$0.tokens.count - 1) }
    request.targets = examples.flatMap { Array($0.tokens[$0.promptLength...]) }
    request.edits = try adapted.edits(
      examples.map(\.tokens), promptLengths: examples.map(\.promptLength))
    return request
  }

  /// Loss and gradient of a batch, with the penalty, against runs that add plain loops' vectors;
  /// with blocks that are computed again too, and from stored rows.
  @Test(arguments: [(1, false, false), (2, true, false), (50, false, true), (2, true, true)])
  func stepEqualsPlainLoops(latents count: Int, recomputes: Bool, stored: Bool) throws {
    let (adapted, steering) = try adapted(latents: count, penalty: 0.4)
    steering.prepare(step: 1, of: 2)
    let texts = try examples.map { try rows($0.tokens, from: 1) }
    func parts(_ direction: [Double]) throws -> (loss: Double, penalty: Double) {
      let found = texts.map { latents($0, direction, count) }
      let loss = try plainLoss(found.map { part in direction.map { part.mean * $0 } }, from: 1)
      let others: Double = found.map(\.others).reduce(0, +)
      return (loss, 0.2 * others / Double(texts.count))
    }
    var request = try request(adapted)
    request.recomputesBlocks = recomputes
    let loss = try #require(
      try model.run(request, store: stored ? ActivationStore() : nil).loss)
    let direction = steering.direction.value.elements.map(Double.init)
    let expected = try parts(direction).loss
    // A run's float32.
    #expect(abs(Double(loss.scalar) - expected) < 1e-5)
    loss.backward()
    let gradient = try #require(steering.direction.gradient).elements
    for index in direction.indices {
      var (above, below) = (direction, direction)
      above[index] += 1e-2
      below[index] -= 1e-2
      let (high, low) = (try parts(above), try parts(below))
      let difference: Double = high.loss + high.penalty - low.loss - low.penalty
      let slope = difference / 2e-2
      // Differences of losses around 4 in float32, over 2e-2, and the third derivative.
      #expect(abs(Double(gradient[index]) - slope) < 2e-3, "\(index)")
    }
  }

  /// The loss falls; what is kept of the examples is that of the last parameters, and runs add it
  /// to every position but the first.
  @Test func trained() throws {
    let (adapted, steering) = try adapted()
    #expect(adapted.parameterCount == 16)
    #expect(adapted.interventions.map(\.site.description) == ["block_output 1 @ every-f1"])
    let before = try FineTuner().loss(adapted, onTokens: examples)
    let history = try train(adapted)
    let after = try FineTuner().loss(adapted, onTokens: examples)
    #expect(history.losses.last! < history.losses[0])
    #expect(after < before)
    #expect(abs(steering.direction.value.norm - 1) < 1e-5)
    let direction = steering.direction.value.elements.map(Double.init)
    let means: [Double] = try examples.map {
      latents(try rows($0.tokens, from: 1), direction, 2).mean
    }
    let magnitude: Double = means.reduce(0, +) / 3
    let found = Double(try #require(steering.magnitude))
    #expect(abs(found - magnitude) < 1e-5 * max(1, magnitude))
    let vector = direction.map { magnitude * $0 }
    #expect(abs(after - (try plainLoss(examples.map { _ in vector }, from: 1))) < 1e-5)
    // The detector sees every token of the frozen model.
    let text = examples[0].tokens
    let detected = try #require(try adapted.latents(of: [[9], text]).first)
    #expect(detected.latents.map(\.count) == [1, 7])
    for (latent, row) in zip(detected.latents[1], try rows(text, from: 0)) {
      #expect(abs(Double(latent) - self.latent(row, direction)) < 1e-4)
    }
  }

  /// The best parameters have a magnitude of their own, not that of the last.
  @Test func magnitudeOfTheBest() throws {
    let (adapted, steering) = try adapted()
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.evaluationInterval) = (3, 3, 1)
    var seen: [(direction: [Float], magnitude: Float?)] = []
    let history = try FineTuner(settings: settings).train(
      adapted, onTokens: examples,
      development: .loss { _ in
        seen.append((steering.direction.value.elements, steering.magnitude))
        return Double(seen.count)
      })
    #expect(history.best?.step == 1 && seen.count == 3)
    #expect(steering.direction.value.elements == seen[0].direction)
    #expect(steering.magnitude == seen[0].magnitude && seen[0].magnitude != seen[2].magnitude)
  }

  /// Decoding from stored keys and values equals running everything anew for each token.
  @Test(arguments: [Positions.every, .everyAfter(first: 2)])
  func generation(positions: Positions) throws {
    let (adapted, steering) = try adapted(positions: positions)
    let prompts = [[5, 9, 2], [20], [11, 6, 30, 12, 4]]
    let options = GenerationOptions(maximumTokens: 8)
    #expect(
      line { _ = try adapted.generate(prompts, options: options) }
        == "reft-r1: expected a trained adapter to generate with, found an untrained one")
    _ = try train(adapted)
    try adapted.scaleSteering(by: 4)
    let vector = try #require(steering.addedVector)
    let together = try adapted.generate(prompts, options: options)
    for (prompt, found) in zip(prompts, together) {
      var tokens = prompt
      for _ in 0..<8 {
        let cells = Cells(
          .blockOutput, layer: Self.layer,
          positions: [try positions.resolved(length: tokens.count)])
        let edit = Edit(cells) { $0.addingToRows(vector) }
        let logits = try #require(
          try model.run(.lastLogits([.tokens(tokens)], edits: [edit])).logits)
        tokens.append(logits.rowMaxima()[0])
      }
      #expect(found == Array(tokens[prompt.count...]))
    }
    let plain = try AdaptedModel(model, []).generate(prompts, options: options)
    #expect(together != plain)
    try adapted.scaleSteering(by: 0)
    #expect(try adapted.generate(prompts, options: options) == plain)
  }

  /// Soft tokens before a text don't count as its first positions.
  @Test func afterSoftTokens() throws {
    var prompt = AdapterConfiguration(method: "prompt-tuning")
    prompt.tokens = 3
    let (own, _) = try adapted()
    let both = try AdaptedModel(
      model, adapters: [prompt.makeAdapter(for: model, seed: 1), own.adapters[0]])
    let edits = try both.edits([[5, 9, 2, 14], [7]], promptLengths: [2, 1])
    let cells = try #require(edits.first { $0.cells.component == .blockOutput }).cells
    #expect(cells.positions == [[4, 5, 6], []])
  }

  @Test func files() throws {
    let (adapted, _) = try adapted()
    let folder = try TemporaryFolder()
    try adapted.write(to: folder.url)
    let untrained = try AdaptedModel(contentsOf: folder.url.path, base: model)
    #expect(untrained.interventions(of: RankOneSteering.self).first?.isSettled == false)
    _ = try train(adapted)
    try adapted.scaleSteering(by: 2)
    try adapted.write(to: folder.url)
    let read = try AdaptedModel(contentsOf: folder.url.path, base: model)
    let prompts = [[5, 9, 2], [6, 9]]
    #expect(try read.lastLogits(prompts).elements == adapted.lastLogits(prompts).elements)
    #expect(try read.generate(prompts) == adapted.generate(prompts))
    let steering = try #require(read.interventions(of: RankOneSteering.self).first)
    #expect(steering.latents == 2 && steering.penaltyWeight == 0.1 && steering.strength == 2)

    let file = folder.url.appending(component: AdapterFile.name)
    let whole = try SafetensorsFile(contentsOf: file)
    let tensors = try whole.names.map { (name: $0, tensor: try whole.tensor(named: $0).floats()) }
    let kept = tensors.map { (name: $0.name, tensor: Tensor($0.tensor.elements)) }
    func message(_ old: String, _ new: String) throws -> String? {
      try Safetensors.write(
        kept, metadata: whole.metadata.mapValues { $0.replacing(old, with: new) }, to: file)
      return line { _ = try AdaptedModel(contentsOf: folder.url.path, base: model) }
    }
    #expect(try message("", "") == nil)
    #expect(
      try message(#""latents":2"#, #""latents":0"#)
        == "\(file.path): 0.latents: expected at least 1, found 0")
    #expect(
      try message(#""magnitude":"#, #""magnitude":-"#)?
        .hasPrefix("\(file.path): 0.magnitude: expected a number above 0, found -") == true)
    #expect(
      try message(#""largest":"#, #""larger":"#)
        == "\(file.path): 0.largest: expected a number above 0, found none")
    #expect(
      try message(#""penalty":"#, #""penalty":-"#)?
        .hasPrefix("\(file.path): 0.penalty: expected 0 or more, found -") == true)
  }

  @Test func refusals() throws {
    // No text has so many positions.
    let (adapted, _) = try adapted(positions: .everyAfter(first: 100))
    #expect(
      line { _ = try train(adapted) }
        == "reft-r1: expected a positive latent in a training example at "
        + "block_output 1 @ every-f100, found none")
    // Where it happens in a training, that is the training's failure.
    let (other, _) = try self.adapted()
    let collapsed = FineTuningError.collapsed(
      method: "reft-r1", place: "block_output 1 @ every-f1")
    #expect(throws: collapsed) { try other.adapters[0].settle(isStart: false) }
    #expect(collapsed.isOfNumbers && collapsed.description.contains("gone to nothing"))
    // A file's number of positions may be as large as a number can be.
    let (far, _) = try self.adapted(positions: .everyAfter(first: .max))
    let soft = try model.adapted(by: AdapterConfiguration(method: "prompt-tuning"))
    let both = try AdaptedModel(far.base, adapters: soft.adapters + far.adapters)
    #expect(throws: FineTuningError.self) { _ = try train(both) }
    let lora = try model.adapted(by: AdapterConfiguration(method: "lora"))
    #expect(
      line { try lora.scaleSteering(by: 2) }
        == "strength: expected an adapter that adds vectors, such as steering or reft-r1, "
        + "found lora")
    #expect(try lora.latents(of: [[5]]).isEmpty)
  }
}

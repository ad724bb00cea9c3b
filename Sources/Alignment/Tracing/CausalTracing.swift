import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// Causal tracing (Meng et al. 2022, arXiv 2202.05262): the subject's token vectors are corrupted
/// by noise, then one state at a time gets back its clean value; what the answer's probability
/// gains tells where the subject's information goes.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let text = model.encode("The capital of France is")
/// let prompt = TracedPrompt(
///   tokens: text.ids, subject: 3..<4, answer: model.tokenizer.encode(" Paris")[0])
/// let trace = try CausalTracing(layers: Array(0..<30)).run(model.network, on: [prompt])
/// print(trace.clean.value!, trace.corrupted.value!)
/// ```
public struct CausalTracing: Sendable {
  /// The layers whose states are restored.
  public var layers: [Int]
  /// The noise's deviation in deviations of the subjects' token vectors.
  public var noise: Double
  /// The number of draws of noise for each prompt.
  public var draws: Int
  /// The number of layers whose attention's, or MLP's, outputs are restored together.
  public var window: Int
  /// The seed of the draws.
  public var seed: UInt64
  /// Sequences in a run.
  private let batchSize = 128

  /// A tracing, by default as published: noise of three deviations, ten draws, windows of ten.
  public init(
    layers: [Int], noise: Double = 3, draws: Int = 10, window: Int = 10, seed: UInt64 = 0
  ) {
    (self.layers, self.noise, self.draws) = (layers, noise, draws)
    (self.window, self.seed) = (window, seed)
  }

  /// The components that are restored, a map each.
  private static let restored: [(component: Component, isWindow: Bool)] = [
    (.blockOutput, false), (.attentionOutput, true), (.mlpOutput, true),
  ]

  /// Traces prompts. A single one is traced at each of its positions, several are averaged over the
  /// parts that they have in common.
  ///
  /// - Parameter progress: called with the number of restorations that are done and of all
  /// - Throws: ``AlignmentError`` for settings out of range or no prompts, `ModelError` for a model
  ///   whose token vectors can't be given, or which lacks a layer.
  public func run(
    _ model: Model, on prompts: [TracedPrompt], store: ActivationStore = ActivationStore(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> CausalTrace {
    try validate(model, prompts)
    let vectors = try prompts.map { try tokenVectors($0.tokens, of: model) }
    let deviation =
      noise
      * Self.deviation(
        of: zip(vectors, prompts).flatMap { rows, prompt in
          prompt.subject.flatMap { rows[$0] }
        })
    let isSingle = prompts.count == 1
    let columns = prompts.map { prompt in
      isSingle ? prompt.tokens.indices.map { [$0] } : prompt.positionsOfParts
    }
    let restorations = prompts.reduce(0) { $0 + $1.tokens.count }
    let total = restorations * layers.count * draws * Self.restored.count
    var done = 0
    var clean: [Double] = []
    var corrupted: [[Double]] = []
    // By map, layer and column: the probability of each prompt, or of each draw of a single one.
    var maps = Self.restored.map { _ in layers.map { _ in columns[0].map { _ in [Double]() } } }
    for (index, prompt) in prompts.enumerated() {
      let inputs = (0..<draws).map { draw in
        ModelInput.vectors(
          corrupting(vectors[index], prompt, deviation: deviation, draw: draw, index: index))
      }
      clean.append(try probabilities(prompt, [.tokens(prompt.tokens)], [], model, store)[0])
      corrupted.append(try probabilities(prompt, inputs, [], model, store))
      try restore(prompt, inputs, model, store) { map, line, found in
        for (column, positions) in columns[index].enumerated() where !positions.isEmpty {
          let means = found.map { draw in positions.map { draw[$0] }.average }
          maps[map][line][column] += isSingle ? means : [means.average]
        }
        done += draws * prompt.tokens.count
        progress(done, total)
      }
    }
    return CausalTrace(
      prompts: prompts.count, draws: draws, deviation: deviation, layers: layers,
      columns: isSingle ? [] : TracedPrompt.parts, clean: MetricValue(of: clean),
      corrupted: MetricValue(of: isSingle ? corrupted[0] : corrupted.map(\.average)),
      maps: zip(Self.restored, maps).map { restored, cells in
        CausalTrace.Map(
          component: restored.component, window: restored.isWindow ? window : 1,
          cells: cells.map { $0.map(MetricValue.init(of:)) })
      })
  }

  /// Restores every place of a prompt under every draw of noise.
  ///
  /// - Parameters:
  ///   - inputs: the corrupted prompt, a draw each
  ///   - take: gets a map's and a layer's place, and the answer's probability by [draw][position]
  private func restore(
    _ prompt: TracedPrompt, _ inputs: [ModelInput], _ model: Model, _ store: ActivationStore,
    take: (_ map: Int, _ line: Int, _ found: [[Double]]) -> Void
  ) throws {
    let values = try CleanValues(of: prompt, in: model, layers: layers, reach: reach, store)
    // Every position of every draw, packed together.
    let places = inputs.flatMap { input in prompt.tokens.indices.map { (input, $0) } }
    for (map, restored) in Self.restored.enumerated() {
      for (line, layer) in layers.enumerated() {
        let together = restored.isWindow ? reach(layer, model) : layer...layer
        let found = try places.chunked(batchSize).flatMap { places in
          let edits = together.map { layer in
            values.edit(restored.component, layer: layer, at: places.map(\.1))
          }
          return try probabilities(prompt, places.map(\.0), edits, model, store)
        }
        take(map, line, found.chunked(prompt.tokens.count))
      }
    }
  }

  private func validate(_ model: Model, _ prompts: [TracedPrompt]) throws {
    guard !prompts.isEmpty else {
      throw AlignmentError.noExamples(reason: "there is no prompt to trace")
    }
    for (name, count) in [("layers", layers.count), ("draws", draws), ("window", window)]
    where count < 1 {
      throw AlignmentError.invalidSetting(name: name, expected: "at least 1", found: "\(count)")
    }
    guard noise >= 0, noise.isFinite else {
      throw AlignmentError.invalidSetting(
        name: "noise", expected: "a number from 0 on", found: "\(noise)")
    }
    guard model.architecture.shape.outputKind == .exclusive else {
      throw AlignmentError.invalidSetting(
        name: "model", expected: "outputs of which one is right", found: model.architecture.name)
    }
    guard model.architecture.isCausal, model.architecture.stacks == nil else {
      throw ModelError.notADecoder(architecture: model.architecture.name)
    }
    for layer in layers {
      for restored in Self.restored { try model.validate(restored.component, layer: layer) }
    }
    for prompt in prompts {
      let (vocabulary, outputs) = (model.architecture.vocabulary, model.architecture.outputs)
      if let id = prompt.tokens.first(where: { !(0..<vocabulary).contains($0) }) {
        throw ModelError.invalidInput(expected: "token ids below \(vocabulary)", found: "id \(id)")
      }
      guard (0..<outputs).contains(prompt.answer) else {
        throw ModelError.invalidInput(
          expected: "an answer below \(outputs)", found: "output \(prompt.answer)")
      }
      guard !prompt.subject.isEmpty, prompt.subject.lowerBound >= 0,
        prompt.subject.upperBound <= prompt.tokens.count
      else {
        throw AlignmentError.notInText(
          text: "prompt", reason: "expected a subject inside its \(prompt.tokens.count) tokens")
      }
    }
  }

  private func reach(_ layer: Int, _ model: Model) -> ClosedRange<Int> {
    LayerWindow(window).layers(about: layer, of: model)
  }

  private func tokenVectors(_ tokens: [Int], of model: Model) throws -> [[Float]] {
    guard let rows = model.architecture.tokenVectors(tokens) else {
      throw ModelError.invalidInput(
        expected: "a model that reads vectors in the place of tokens",
        found: model.architecture.name)
    }
    let values = rows.elements
    return (0..<rows.rows).map { Array(values[$0 * rows.width..<($0 + 1) * rows.width]) }
  }

  /// The standard deviation of numbers.
  private static func deviation(of values: [Float]) -> Double {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(max(1, values.count))
    let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (squares / Double(max(1, values.count))).squareRoot()
  }

  private func corrupting(
    _ vectors: [[Float]], _ prompt: TracedPrompt, deviation: Double, draw: Int, index: Int
  ) -> [[Float]] {
    var vectors = vectors
    for position in prompt.subject {
      let noise = NoiseSource.draw(
        vectors[position].count, deviation: deviation, seed: seed, [index, draw, position])
      vectors[position] = zip(vectors[position], noise).map { $0 + $1 }
    }
    return vectors
  }

  /// The answer's probability after each input, with edits.
  private func probabilities(
    _ prompt: TracedPrompt, _ inputs: [ModelInput], _ edits: [Edit], _ model: Model,
    _ store: ActivationStore
  ) throws -> [Double] {
    let logits = try model.run(model.measuring(inputs, edits: edits), store: store).logits!
    let logarithms = logits.logSoftmax()
    return inputs.indices.map { exp(Double(logarithms[$0, prompt.answer])) }
  }
}

/// The clean values of a prompt's states.
private struct CleanValues {
  private let values: [Cell: Tensor]

  private struct Cell: Hashable {
    let component: Component
    let layer: Int
  }

  init(
    of prompt: TracedPrompt, in model: Model, layers: [Int],
    reach: (Int, Model) -> ClosedRange<Int>, _ store: ActivationStore
  ) throws {
    let windows = Set(layers.flatMap { Array(reach($0, model)) }).sorted()
    let cells =
      layers.map { Cell(component: .blockOutput, layer: $0) }
      + windows.flatMap { layer in
        [Component.attentionOutput, .mlpOutput].map { Cell(component: $0, layer: layer) }
      }
    let found = try model.activations(
      at: cells.map { Site($0.component, layer: $0.layer) }, [.tokens(prompt.tokens)],
      positions: [Array(prompt.tokens.indices)], store: store)
    values = Dictionary(uniqueKeysWithValues: zip(cells, found))
  }

  /// The edit that gives one position of each sequence its clean value.
  func edit(_ component: Component, layer: Int, at positions: [Int]) -> Edit {
    let rows = values[Cell(component: component, layer: layer)]!.gatherRows(positions)
    return Edit(Cells(component, layer: layer, positions: positions.map { [$0] })) { _ in rows }
  }
}

extension [Double] {
  fileprivate var average: Double { reduce(0, +) / Double(Swift.max(1, count)) }
}

extension MetricValue {
  /// The mean of numbers.
  init(of values: [Double]) { self.init(values.map { MetricSample($0) }) }
}

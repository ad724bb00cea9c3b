import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The workloads whose speed is published: random tokens and labels, the same work for every
/// toolkit.
public struct Benchmark {
  /// A workload that is timed.
  public enum Work: String, CaseIterable, Sendable {
    /// A plain forward pass, with the logits of every position.
    case forward
    /// A training step of DAS: last position, cross-entropy over the whole vocabulary.
    case das
    /// A whole DAS fit, base and source runs included.
    case fit
    /// Full-vector interchange at all layers and the last eight positions, base and source runs
    /// included.
    case sweep
    /// A training step of LoReFT: all layers, f7+l7, loss on the last 16 positions; or an epoch
    /// over ``Benchmark/texts``.
    case loreft
    /// A training step of LoRA on all queries and values, loss on the last 16 positions; or an
    /// epoch over ``Benchmark/texts``.
    case lora
    /// Greedy decoding after a prompt of 32 tokens, batch 1: the time of a token.
    case generate
    /// A large float32 matrix product: what the machine can do.
    case gemm
  }

  public var batch = 16
  /// Tokens of a sequence.
  public var length = 64
  /// The edited layer, for ``Work/das`` and ``Work/fit``.
  public var layer = 15
  /// The edited position, for ``Work/das`` and ``Work/fit``.
  public var position = Positions.index(-1)
  public var rank = 16
  /// Steps that are timed.
  public var steps = 20
  /// Pairs of a data set, for ``Work/fit`` and ``Work/sweep``; ``batch`` when nil.
  public var pairs: Int?
  /// Passes over the data set, for ``Work/fit``.
  public var epochs = 10
  /// Prompts and completions, for ``Work/loreft`` and ``Work/lora``: a step is then a whole epoch
  /// over them, in batches of similar length. Random tokens when nil.
  public var texts: [PromptCompletion]?
  /// Tells whether training steps compute blocks a second time instead of keeping what they record.
  public var recomputesBlocks = false
  public var seed: UInt64 = 0
  /// The activation store's budget and precision.
  public var activationMemory: Int?
  public var activationPrecision = ActivationStore.Precision.float32

  public init() {}

  /// Does the work and measures it.
  ///
  /// - Throws: `ModelError` when a size doesn't fit the model.
  public func run(_ work: Work, _ model: LanguageModel) throws -> BenchmarkResult {
    try validate(model)
    return switch work {
    case .forward: try forward(model.network)
    case .das: try das(model.network)
    case .fit: try fit(model.network)
    case .sweep: try sweep(model.network)
    case .loreft: try training(.loreft, model, loreft(model))
    case .lora: try training(.lora, model, lora(model))
    case .generate: try generate(model.network)
    case .gemm: Self.gemm(steps: steps)
    }
  }

  /// The machine's float32 peak in matrix products: the faster of our own kernel and OpenBLAS's, in
  /// turn.
  public static func gemm(steps: Int) -> BenchmarkResult {
    let size = 2048
    let (a, b) = (
      Tensor(repeating: 1, shape: [size, size]), Tensor(repeating: 1, shape: [size, size])
    )
    var clocks = [StepClock(), StepClock()]
    for _ in 0..<steps + 1 {
      clocks[0].restart()
      _ = a.linear(b)
      clocks[0].tick()
      clocks[1].restart()
      _ = a.openBLASLinear(b)
      clocks[1].tick()
    }
    let results = clocks.map { $0.measurement(.gemm, warmup: 1) }
    var result = results[results[0].medianSeconds <= results[1].medianSeconds ? 0 : 1]
    result.firstPassSeconds = nil
    result.gflops = 2e-9 * Double(size * size * size) / result.medianSeconds
    return result
  }

  private var store: ActivationStore {
    ActivationStore(budget: activationMemory, precision: activationPrecision)
  }

  func validate(_ model: LanguageModel) throws {
    for (name, value) in [
      ("batch", batch), ("length", length), ("steps", steps), ("pairs", pairs ?? batch),
      ("epochs", epochs),
    ] where value < 1 {
      throw AlignmentError.invalidSetting(name: name, expected: "at least 1", found: "\(value)")
    }
    guard length <= model.architecture.maximumLength else {
      throw ModelError.invalidLength(
        length: length, maximum: model.architecture.maximumLength)
    }
    let positions = Double(max(batch, pairs ?? batch)) * Double(length)
    let layers = Double(model.architecture.layers)
    try requireMemory(
      4 * positions * Double(model.architecture.width) * layers,
      for: "\(batch) sequences of \(length) tokens")
    guard model.architecture.outputs > 0 else {
      throw ModelError.noOutputs(architecture: model.architecture.name)
    }
  }

  private func inputs(_ count: Int, _ model: Model, _ generator: inout RandomGenerator) -> [[Int]] {
    (0..<count).map { _ in
      (0..<length).map { _ in Int.random(in: 0..<model.architecture.vocabulary, using: &generator) }
    }
  }

  private func examples(_ count: Int, _ model: Model) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: seed)
    let bases = inputs(count, model, &generator)
    let sources = inputs(count, model, &generator)
    return zip(bases, sources).map { base, source in
      AlignmentExample(
        base: model.architecture.input(base), sources: [model.architecture.input(source)],
        label: Int.random(in: 0..<model.architecture.outputs, using: &generator), baseLabel: 0)
    }
  }

  private func forward(_ model: Model) throws -> BenchmarkResult {
    var generator = RandomGenerator(seed: seed)
    // Of an encoder-decoder both sequences have the length.
    let isPair = model.architecture.stacks != nil
    let request = Request(
      inputs(batch, model, &generator).map {
        model.architecture.input($0, continuedBy: isPair ? $0.dropLast() : [])
      }, logits: Array(repeating: Array(0..<length), count: batch))
    var clock = StepClock()
    for _ in 0..<steps + 1 {
      _ = try model.run(request)
      clock.tick()
    }
    var result = clock.measurement(.forward, warmup: 1)
    result.firstPassSeconds = nil
    result.tokens = batch * length
    let operations = try model.costs(of: request, hasStore: false).reduce(0) { $0 + $1.operations }
    result.gflops = 1e-9 * operations / result.medianSeconds
    return result
  }

  private func search(epochs: Int) -> DistributedAlignmentSearch {
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize, settings.seed) = (epochs, batch, seed)
    settings.validationShare = 0
    return DistributedAlignmentSearch(
      site: .blockOutput(layer, position), dimensions: rank, settings: settings)
  }

  func das(_ model: Model) throws -> BenchmarkResult {
    let examples = examples(batch, model)
    var clock = StepClock()
    let alignment = try search(epochs: steps + 1).fit(model, on: examples, store: store) { _ in
      clock.tick()
    }
    var result = clock.measurement(.das, warmup: 1)
    result.losses = alignment.losses
    return result
  }

  private func fit(_ model: Model) throws -> BenchmarkResult {
    let examples = examples(pairs ?? 128, model)
    var clock = StepClock()
    let alignment = try search(epochs: epochs).fit(model, on: examples, store: store)
    clock.tick()
    var result = clock.measurement(.fit, warmup: 0)
    result.losses = alignment.losses
    return result
  }

  private func sweep(_ model: Model) throws -> BenchmarkResult {
    let examples = examples(pairs ?? batch, model).map { example in
      // As in a task with two answers: the label against the base's.
      var example = example
      example.answers = [example.label, example.baseLabel]
      return example
    }
    let sweep = InterchangeSweep(
      layers: 0..<model.architecture.layers,
      positions: (1...min(8, length)).reversed().map { .index(-$0) })
    var clock = StepClock()
    _ = try sweep.run(model, on: examples, store: store)
    clock.tick()
    return clock.measurement(.sweep, warmup: 0)
  }

  private func loreft(_ model: LanguageModel) throws -> any Adapter {
    let architecture = model.architecture
    return InterventionAdapter(
      try (0..<architecture.layers).map { layer in
        PlacedIntervention(
          ReFT(
            rotation: try .random(
              rank: rank, width: architecture.width, seed: seed &+ UInt64(layer))),
          at: .blockOutput(layer, .firstAndLast(7, 7)))
      })
  }

  private func lora(_ model: LanguageModel) throws -> any Adapter {
    var configuration = AdapterConfiguration(method: "lora")
    (configuration.rank, configuration.projections) = (rank, [.query, .value])
    return try configuration.makeAdapter(for: model, seed: seed)
  }

  private func training(
    _ work: Work, _ model: LanguageModel, _ adapter: any Adapter
  ) throws -> BenchmarkResult {
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.seed) = (steps + 1, batch, seed)
    settings.recomputesBlocks = recomputesBlocks
    let examples =
      try texts.map { try model.tokenized($0, endsCompletion: settings.endsCompletion) }
      ?? randomCompletions(model.network)
    let stepsPerEpoch = (examples.count + batch - 1) / batch
    var clock = StepClock()
    let history = try FineTuner(settings: settings).train(
      AdaptedModel(model, adapters: [adapter]), onTokens: examples, store: store
    ) { if $0.step % stepsPerEpoch == 0 { clock.tick() } }
    var result = clock.measurement(work, warmup: 1)
    result.losses = history.losses
    result.tokens = examples.reduce(0) { $0 + $1.tokens.count }
    return result
  }

  /// Sequences that end in a completion of 16 tokens, or of half their length where that is less.
  private func randomCompletions(_ model: Model) throws -> [TokenizedExample] {
    // A prompt and a completion of one token each, at least.
    guard length >= 2 else {
      throw AlignmentError.invalidSetting(
        name: "length", expected: "at least 2", found: "\(length)")
    }
    let completion = min(16, length / 2)
    var generator = RandomGenerator(seed: seed)
    return inputs(batch, model, &generator).map {
      TokenizedExample(
        tokens: $0, promptLength: length - completion,
        startToken: model.architecture.shape.startToken)
    }
  }

  private func generate(_ model: Model) throws -> BenchmarkResult {
    var generator = RandomGenerator(seed: seed)
    let prompt = (0..<32).map { _ in
      Int.random(in: 0..<model.architecture.vocabulary, using: &generator)
    }
    let tokens = 64
    var clock = StepClock()
    for _ in 0..<max(1, steps / 10) + 1 {
      _ = try model.generate([prompt], options: GenerationOptions(maximumTokens: tokens))
      clock.tick()
    }
    var result = clock.measurement(.generate, warmup: 1)
    result.firstPassSeconds = nil
    result.medianSeconds /= Double(tokens)
    result.minimumSeconds /= Double(tokens)
    result.seconds = result.seconds.map { $0 / Double(tokens) }
    result.tokens = tokens
    return result
  }
}

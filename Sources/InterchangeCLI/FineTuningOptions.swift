import ArgumentParser
import Foundation
import Interchange

extension SubspaceUse: ExpressibleByArgument {}
extension AnswerMode: ExpressibleByArgument {}
extension LabelHead.Pooling: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension LearningRateSchedule.Decay: ExpressibleByArgument {}

/// What a method is made of.
struct MethodOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Layers: all, or a list with ranges such as 0,4-7,10-28:2.", valueName: "list"))
  var layers: String?
  @Option(
    help: ArgumentHelp("The component that is edited, such as block_output.", valueName: "name"))
  var site: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Positions of the prompt: f7+l7, f3, l2, -1, all; every goes on after it.", valueName: "p"))
  var positions: String?
  @Flag(help: "Weights of their own for the first and the last positions of fN+lM.")
  var separate = false
  @Option(
    help: ArgumentHelp(
      "Projections, for lora, bitfit and full: query,key,value,output,gate,up,down or all.",
      valueName: "list"))
  var projections: String?
  @Option(help: ArgumentHelp("Dimensions of a low-rank edit or update.", valueName: "k"))
  var rank: Int?
  @Option(help: ArgumentHelp("LoRA's scale times its rank; an adapter's scale.", valueName: "α"))
  var alpha: Double?
  @Option(help: ArgumentHelp("Soft tokens of prompt, prefix and P-tuning.", valueName: "n"))
  var tokens: Int?
  @Option(help: ArgumentHelp("Prompts that are trained side by side and vote.", valueName: "n"))
  var members: Int?
  @Option(
    help: ArgumentHelp("Soft tokens start: random, vocabulary, or a text's.", valueName: "how"))
  var start: String?
  @Option(
    help: ArgumentHelp("Width of the network that makes the soft tokens; 0: none.", valueName: "n"))
  var encoderWidth: Int?
  @Option(
    help:
      "The non-linearity of a ReFT edit or an adapter: relu, silu, gelu, gelu_tanh, sigmoid or tanh."
  )
  var activation: Activation?
  @Option(help: ArgumentHelp("The share of the edit left out in training.", valueName: "p"))
  var dropout: Double?
  @Option(help: ArgumentHelp("The share of weights that diff pruning changes.", valueName: "share"))
  var keep: Double?
  @Option(help: ArgumentHelp("What an open gate costs in diff pruning.", valueName: "λ"))
  var penalty: Double?
  @Option(
    help: ArgumentHelp("How much of a steering vector; trained when not given.", valueName: "c"))
  var coefficient: Double?
  @Option(help: ArgumentHelp("A rotation.safetensors that `das` wrote.", valueName: "file"))
  var subspace: String?
  @Option(help: "How the saved subspace is used: start, fixed or constrained.")
  var use = SubspaceUse.start

  func configuration(_ method: String) throws -> AdapterConfiguration {
    var configuration = AdapterConfiguration(method: method)
    let made: [(AdapterChoice, String?)] = [
      (.layers, layers), (.component, site), (.positions, positions),
      (.isTied, separate ? "true" : nil), (.projections, projections),
      (.rank, rank.map { "\($0)" }), (.alpha, alpha.map { "\($0)" }),
      (.activation, activation?.rawValue), (.dropout, dropout.map { "\($0)" }),
      (.tokens, tokens.map { "\($0)" }), (.initialization, start),
      (.members, members.map { "\($0)" }),
      (.encoderWidth, encoderWidth.map { "\($0)" }),
      (.share, keep.map { "\($0)" }), (.penalty, penalty.map { "\($0)" }),
      (.coefficient, coefficient.map { "\($0)" }),
    ]
    for case (let choice, let text?) in made { try configuration.set(choice, to: text) }
    return configuration
  }

  /// Subspace and steering vectors, where the method wants them.
  func inputs(
    _ configuration: AdapterConfiguration, _ model: LanguageModel, _ data: FineTuningData
  ) throws -> AdapterInputs {
    var inputs = AdapterInputs()
    if let subspace {
      let url = URL(userPath: subspace)
      inputs.subspace = (try Rotation.read(contentsOf: url).0, use)
    }
    if configuration.method == "steering" {
      inputs.steeringVectors = try data.steeringVectors(
        model, component: configuration.component ?? .blockOutput,
        layers: (configuration.layers ?? .all).resolved(model.model.architecture.layers))
    }
    return inputs
  }
}

/// How a fine-tuning is trained.
struct TrainingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Passes over the data.", valueName: "n")) var epochs = 10
  @Option(help: ArgumentHelp("Steps at most.", valueName: "n")) var steps: Int?
  @Option(help: ArgumentHelp("Examples in a step.", valueName: "n")) var batch = 16
  @Option(help: ArgumentHelp("Parts that a step's examples are run in.", valueName: "n"))
  var accumulation = 1
  @Flag(help: "Compute blocks again in the backward pass: much less memory, a third more time.")
  var recompute = false
  @Option(help: ArgumentHelp("The rate after warm-up.", valueName: "rate")) var learningRate = 4e-3
  @Option(help: ArgumentHelp("The share of steps over which the rate rises.", valueName: "share"))
  var warmup = 0.1
  @Option(help: "What follows the warm-up: constant, linear or cosine.")
  var decay = LearningRateSchedule.Decay.linear
  @Option(help: ArgumentHelp("AdamW's weight decay.", valueName: "rate")) var weightDecay = 0.0
  @Option(help: ArgumentHelp("The largest norm of a gradient.", valueName: "norm"))
  var clip: Double?
  @Option(
    help: ArgumentHelp("NEFTune: uniform noise of ±α/√(L·d) on the embeddings.", valueName: "α"))
  var neftune: Double?
  @Option(
    help: ArgumentHelp("Steps between development measures; by default an epoch.", valueName: "n"))
  var evaluateEvery: Int?
  @Option(help: ArgumentHelp("Measures without a better one before stopping.", valueName: "n"))
  var patience: Int?
  @Flag(inversion: .prefixedNo, help: "Learn the token that ends a completion.")
  var learnEnd = true
  @Flag(inversion: .prefixedNo, help: "Keep the parameters of the best development loss.")
  var best = true

  func settings(seed: UInt64) -> FineTuningSettings {
    var settings = FineTuningSettings()
    (settings.epochs, settings.maximumSteps, settings.batchSize) = (epochs, steps, batch)
    (settings.accumulation, settings.learningRate) = (accumulation, learningRate)
    (settings.warmup, settings.decay, settings.weightDecay) = (warmup, decay, weightDecay)
    (settings.gradientClip, settings.evaluationInterval) = (clip, evaluateEvery)
    (settings.embeddingNoise, settings.recomputesBlocks) = (neftune, recompute)
    (settings.patience, settings.endsCompletion, settings.seed) = (patience, learnEnd, seed)
    return settings
  }
}

/// A data set and how it is cut.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A .json, .jsonl, .csv or .tsv file, or a folder with a file for each part.",
      valueName: "path"))
  var data: String
  @Option(help: ArgumentHelp("A file to measure on; the folder's test part.", valueName: "path"))
  var test: String?
  @Option(
    help: ArgumentHelp(
      "verbatim, plain, alpaca, chat, or a text with {instruction} and {input}; the task's own.",
      valueName: "name"))
  var template: String?
  @Option(help: ArgumentHelp("Training examples at most, a fixed choice.", valueName: "n"))
  var trainLimit: Int?
  @Option(help: ArgumentHelp("Test examples at most, a fixed choice.", valueName: "n"))
  var testLimit: Int?
  @Option(help: ArgumentHelp("The share of training examples to choose by.", valueName: "share"))
  var developmentShare = 0.1
  @Option(
    help: ArgumentHelp(
      "The share of a single file to measure on, when there is no other file.", valueName: "share"))
  var testShare = 0.0
  @Flag(help: "Leave out training examples whose completion doesn't end in the right answer.")
  var onlyConsistent = false
  @Option(
    help: """
      How answers are found: generate (written), choose (the likeliest choice), label (a head's; an \
      encoder's only way), or loss (not at all; the loss is measured).
      """)
  var answers: AnswerMode?
  @Option(help: "What a new head reads: first, mean or last; the model's usual vector.")
  var pooling: LabelHead.Pooling?

  func apply(to experiment: inout FineTuningExperiment, _ model: LanguageModel) {
    experiment.mode = answers ?? .standard(for: model.model)
    experiment.pooling = pooling
  }

  func read() throws -> FineTuningData {
    try read(data)
  }

  func read(_ path: String) throws -> FineTuningData {
    for (name, limit) in [("train-limit", trainLimit), ("test-limit", testLimit)] {
      guard limit ?? 1 >= 1 else { throw ValidationError("--\(name) must be at least 1.") }
    }
    var options = FineTuningData.Options()
    options.template = try template.map { try PromptTemplate(named: $0) }
    (options.trainLimit, options.testLimit) = (trainLimit, testLimit)
    (options.developmentShare, options.onlyConsistent) = (developmentShare, onlyConsistent)
    options.testShare = testShare
    return try FineTuningData(path, testPath: test, options: options)
  }
}

extension MethodChoices {
  /// The choices in a file that a user names.
  init(file: String) throws {
    try self.init(contentsOf: URL(userPath: file))
  }
}

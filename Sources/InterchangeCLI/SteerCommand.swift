import ArgumentParser
import Foundation
import Interchange

extension SteeringVectors.Method: ExpressibleByArgument {}

/// `interchange steer`: steering vectors from contrast pairs, or given ones.
struct SteerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steer",
    abstract: "Find vectors that steer a model, or take given ones, and see what they do.",
    discussion: """
      --pairs is a file of JSON lines, each {"positive": …, "negative": …}: texts that differ in \
      what the vectors are to stand for. Vectors are read at the last token: let all texts end with \
      the same one, such as a full stop, or the last words themselves are steered to.
      --vectors is a GGUF control vector.
      With --out, adapter.safetensors is for `generate --adapter`, control-vector.gguf for llama.cpp.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("JSON lines with positive and negative texts.", valueName: "file"))
  var pairs: String?
  @Option(help: ArgumentHelp("A control vector to use instead.", valueName: "file"))
  var vectors: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The layers that are steered, such as 10-20 or 8,12; by default the middle third, or all that "
        + "--vectors has.", valueName: "layers"))
  var layers: String?
  @Option(help: "How vectors are found: mean (difference of means) or pca (of differences).")
  var method: SteeringVectors.Method?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the vectors are multiplied by; negative steers the other way.", valueName: "c"))
  var coefficient: Double?
  @Option(help: "A prompt to continue without and with the vectors.") var prompt: String?
  @Option(help: ArgumentHelp("How many tokens at most follow it.", valueName: "n"))
  var maxTokens = 48
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (pairs == nil) != (vectors == nil) else {
      throw ValidationError("give either --pairs or --vectors.")
    }
    guard method == nil || pairs != nil else {
      throw ValidationError("--method is how vectors are found in --pairs.")
    }
    guard coefficient?.isFinite ?? true, maxTokens >= 0 else {
      throw ValidationError("--coefficient must be finite, --max-tokens at least 0.")
    }
    _ = try selection()
  }

  /// The layers that the user names.
  private func selection() throws -> LayerSelection? {
    try layers.map { try LayerSelection(option: "--layers", $0) }
  }

  func run() throws {
    let texts = try pairs.map { try ContrastPair.read($0) }
    let given = try vectors.map {
      try SteeringVectors(
        contentsOf: URL(userPath: $0))
    }
    let model = try model.load()
    let count = model.model.architecture.layers
    let wanted = try selection()?.resolved(count)
    let writer = try RunWriter("steer", common, model)
    var steering: SteeringVectors
    var summaries: [SteeringVectors.Summary]?
    if let given {
      steering = given
    } else {
      let progress = ProgressLine("steer")
      let pairs = (texts ?? []).map { $0.encoded(for: model) }
      (steering, summaries) = try SteeringVectors.compute(
        from: pairs, model: model, layers: wanted ?? SteeringVectors.defaultLayers(of: count),
        method: method ?? .differenceOfMeans
      ) { progress.update($0, of: pairs.count) }
    }
    let scale =
      coefficient
      ?? (given == nil ? SteeringVectors.defaultCoefficient(layers: steering.layers.count) : 1)
    let adapter = try steering.makeAdapter(
      for: model, layers: wanted.map { .layers($0) }, coefficient: scale)
    if let wanted, let kept = steering.filter(wanted.contains) { steering = kept }
    var run = SteeringRun(
      method: given == nil ? method ?? .differenceOfMeans : nil, pairs: texts?.count,
      layers: steering.layers, coefficient: scale, summaries: summaries)
    run.continuation = try prompt.map { try continuation($0, model, adapter) }
    try writer.write(writer.record(RunResults(run))) { folder in
      try write(steering, adapter, model, scale, to: folder)
    }
    if common.json { return try Output.print(json: run) }
    show(run)
  }

  private func continuation(
    _ prompt: String, _ model: LanguageModel, _ adapter: any Adapter
  ) throws -> SteeringRun.Continuation {
    let ids = model.encode(prompt).ids
    let options = GenerationOptions(
      maximumTokens: maxTokens, seed: common.seed,
      stopTokens: Set([model.tokenizer.endOfSequence].compactMap { $0 }))
    let texts = try [[], [adapter]].map { adapters in
      let added = try AdaptedModel(model, adapters: adapters).generate([ids], options: options)[0]
      return model.tokenizer.decode(added, continuing: true)
    }
    return .init(prompt: prompt, before: texts[0], after: texts[1])
  }

  private func write(
    _ steering: SteeringVectors, _ adapter: any Adapter, _ model: LanguageModel, _ scale: Double,
    to folder: URL
  ) throws -> [URL] {
    try AdapterFile.write(
      adapter, of: model, to: folder, seed: common.seed, writer: interchangeVersion)
    let control = folder.appending(component: "control-vector.gguf")
    var files = [folder.appending(component: AdapterFile.name)]
    if steering.layers.contains(0) {
      Output.note("layer 0 is left out of the control vector: the format has none")
    }
    if let steering = steering.filter({ $0 > 0 }) {
      try steering.writeControlVector(to: control, coefficient: scale)
      files.append(control)
    }
    return files
  }

  private func show(_ run: SteeringRun) {
    let layers = LayerSelection.layers(run.layers)
    Output.print("coefficient \(run.coefficient) at layers \(layers)")
    if let table = run.table { Output.print(table) }
    if let continuation = run.continuation {
      Output.print("before: \(continuation.prompt)\(continuation.before)")
      Output.print("after : \(continuation.prompt)\(continuation.after)")
    }
  }
}

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
    .factor, "What the vectors are multiplied by; negative steers the other way.", valueName: "c")
  var coefficient: Double?
  @Option(help: "A prompt to continue without and with the vectors.") var prompt: String?
  @Option(.countOrNone, "How many tokens at most follow it.") var maxTokens = 48
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (pairs == nil) != (vectors == nil) else {
      throw ValidationError("give either --pairs or --vectors.")
    }
    guard method == nil || pairs != nil else {
      throw ValidationError("--method is how vectors are found in --pairs.")
    }
    _ = try selection()
  }

  /// The layers that the user names.
  private func selection() throws -> LayerSelection? {
    try layers.map { try LayerSelection(option: "--layers", $0) }
  }

  func run() throws {
    let source: SteeringExperiment.Source =
      try pairs.map { .pairs(try ContrastPair.read($0), method: method ?? .differenceOfMeans) }
      ?? .vectors(SteeringVectors(contentsOf: URL(userPath: vectors ?? "")))
    let model = try model.load()
    if case .vectors(let given) = source { given.remark(for: model).map(Output.note) }
    let experiment = SteeringExperiment(
      source, layers: try selection(), coefficient: coefficient)
    _ = try experiment.layers?.resolved(model.layers)
    var writer = try RunWriter(
      self, common, model,
      writing: [AdapterFile.name, AdapterFile.headName, "control-vector.gguf"])
    var outcome = try experiment.run(on: model, progress: StudyProgressLines().show)
    writer.settings["coefficient"] = .number(outcome.run.coefficient)
    writer.settings["layers"] = .string("\(LayerSelection.layers(outcome.run.layers))")
    writer.settings["method"] = outcome.run.method.map { .string($0.rawValue) } ?? .null
    outcome.run.continuation = try prompt.map {
      try SteeringRun.Continuation(
        of: $0, by: model, with: outcome.adapter,
        options: GenerationOptions(maximumTokens: maxTokens, seed: common.seed))
    }
    try writer.finish(
      RunResults(outcome.run),
      files: {
        try write(outcome.vectors, outcome.adapter, model, outcome.run.coefficient, to: $0)
      }, show: { show(outcome.run) })
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

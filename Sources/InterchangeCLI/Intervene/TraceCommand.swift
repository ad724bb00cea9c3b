import ArgumentParser
import Interchange

/// `interchange trace`: causal tracing.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Corrupt a subject, restore one state at a time: causal tracing.",
    discussion: """
      The token vectors of the subject get normal noise; then one state, or the attention or MLP \
      outputs of a window of layers, gets back the value that it has without noise (arXiv \
      2202.05262). The maps show the answer’s probability. One --text is traced at each token; \
      the bases of a --task, which need a span of the subject, are averaged over the parts of \
      their texts.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "A text that the model continues.") var text: String?
  @Option(
    help: ArgumentHelp(
      "The part of --text that is corrupted; of a task the name of a span.", valueName: "words"))
  var subject: String = "subject"
  @Option(
    help: ArgumentHelp(
      "The token whose probability is traced, with its leading space; by default the model’s.",
      valueName: "token"))
  var answer: String?
  @Option(
    help: ArgumentHelp("A task, or a file of pairs, instead of --text.", valueName: "name"))
  var task: String?
  @Option(.counts(from: 8), "Pairs of the task in all, train and test.") var pairs: Int?
  @Option(.count, "How many prompts of the task are traced.") var limit = 32
  @OptionGroup var layers: LayersOptions
  @Option(
    .strength, "The noise’s deviation, in deviations of the subjects’ token vectors.",
    valueName: "s")
  var noise = 3.0
  @Option(.count, "Draws of noise for each prompt.") var draws = 10
  @Option(.count, "Layers whose attention or MLP outputs are restored together.") var window = 10
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (text == nil) != (task == nil) else {
      throw ValidationError("give either --text or --task.")
    }
    guard task == nil || answer == nil else {
      throw ValidationError("--answer is of --text; the pairs of a task have their own.")
    }
  }

  func run() throws {
    let model = try model.load()
    let layers = try layers.resolved(model.layers) ?? Array(0..<model.layers)
    let writer = try RunWriter(self, common, model)
    let store = storeOptions.store()
    let traced = try prompts(for: model, store: store)
    let progress = ProgressLine("trace")
    let trace = try CausalTracing(
      layers: layers, noise: noise, draws: draws, window: window, seed: common.seed
    ).run(model.network, on: traced.prompts, store: store) { progress.update($0, of: $1) }
    let run = TraceRun(
      source: traced.source, answer: traced.answer,
      tokens: traced.prompts.count == 1 ? model.tokenLabels(of: traced.prompts[0]) : [],
      trace: trace)
    try writer.finish(RunResults(run)) { Output.print(run.table) }
  }

  private func prompts(
    for model: LanguageModel, store: ActivationStore
  ) throws -> (source: String, answer: String?, prompts: [TracedPrompt]) {
    guard let text else {
      let data = try TaskData(
        task ?? "", count: pairs, for: model, store: store, seed: common.seed)
      for note in data.notes { Output.note("note: \(note)") }
      let prompts = try data.train.examples.prefix(limit).map {
        try TracedPrompt($0, subject: subject)
      }
      return (data.task, nil, prompts)
    }
    let prompt = try model.tracedPrompt(text, subject: subject, answer: answer)
    return (text, model.label(of: prompt.answer), [prompt])
  }
}

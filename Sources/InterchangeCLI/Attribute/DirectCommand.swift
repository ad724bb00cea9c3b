import ArgumentParser
import Interchange

/// `interchange direct`: the direct shares of a model's parts in its logits.
struct DirectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "direct",
    abstract: "Show which parts write an answer: direct logit attribution.",
    discussion: """
      The stream after the last block is a sum of embeddings, heads, MLPs and biases; each has a \
      share in a difference of logits, with the last norm's scale of the run. Of a text: of --answer \
      less --other. Of a task's pairs: of the base's answer less the source's, as means. With --out, \
      figures over layers, heads and source positions.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "A text, instead of a task.") var text: String?
  @Option(
    help: ArgumentHelp(
      "With --text: the token whose logit is taken apart, with its space, such as ' Mary'.",
      valueName: "text"))
  var answer: String?
  @Option(
    help: ArgumentHelp(
      "With --text: the token whose logit is subtracted.", valueName: "text"))
  var other: String?
  @OptionGroup var task: TaskOptions
  @Option(.count, "How many pairs of the task are used.") var limit = 64
  @Option(.counts(from: 1, to: 10_000), "How many heads and neurons are shown.", valueName: "k")
  var top = 10
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if text != nil, answer == nil { throw ValidationError("--text needs --answer.") }
    if text == nil, answer != nil || other != nil {
      throw ValidationError("--answer and --other need --text.")
    }
  }

  func run() throws {
    let model = try model.load()
    var writer = try RunWriter(self, common, model)
    let study = try study(of: model, &writer)
    try writer.finish(RunResults(study)) {
      if let check = study.check { Output.print(check.line) }
      let tables = [
        study.sumTable, study.partTable(top), study.headTable(top), study.neuronTable(top),
      ]
      for (index, table) in tables.enumerated() {
        Output.print((index > 0 ? "\n" : "") + table.title)
        Output.print(table)
      }
    }
  }

  private func study(
    of model: LanguageModel, _ writer: inout RunWriter
  ) throws -> DirectAttributionStudy {
    if let text, let answer {
      return try DirectAttributionStudy(
        of: text, answer: answer, other: other, for: model, neurons: top, sourcesOf: top)
    }
    let data = try task.data(for: model, store: ActivationStore(), seed: common.seed)
    writer.settings["pairs"] = .integer(data.count)
    let progress = ProgressLine("direct")
    return try DirectAttributionStudy(
      of: data.train, limit: limit, for: model, neurons: top,
      progress: { progress.update($0, of: $1) })
  }
}

import ArgumentParser
import Interchange

/// `interchange probe`: linear probes over layers, with a control task.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Fit linear probes over layers, with their selectivity.",
    discussion: """
      A logistic regression from the vector at a position to a label: the value of a task's variable, \
      or the label column of a file of texts (text, label; perhaps word, group, split). Fit and test \
      share no members of the task's group. The control task labels words at random (Hewitt and \
      Liang 2019).
      """)

  @OptionGroup var model: ModelArgument
  @Option(
    help: ArgumentHelp(
      "A task, a question (.yaml, .json), or a file of labeled texts (.jsonl, .csv).",
      valueName: "name"))
  var task = "agreement"
  @Option(
    help: ArgumentHelp(
      "The variable whose value is the label; the task's usual one by default.", valueName: "name"))
  var label: String?
  @Option(
    help: ArgumentHelp(
      "The component, such as block_output or head_attention_value_output.", valueName: "name"))
  var site = "block_output"
  @Option(.place, "One head's part of the vector.") var head: Int?
  @OptionGroup var layers: LayersOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The position of each text: an index (negative from the end), or a span's end, such as subject.end.",
      valueName: "p"))
  var position = "-1"
  @Option(
    help: ArgumentHelp(
      "What the control task labels at random: token, a span's name, or group; chosen by default.",
      valueName: "name"))
  var type: String?
  @Option(.counts(from: 8), "How many texts; by default 512, or all of a file.") var texts: Int?
  @Option(.strength, "The factor of half the squares of the weights.") var penalty = 1.0
  @Option(.counts(from: 0, to: 1000), "How many random labelings the control task has.")
  var controls = ProbeSettings().controls
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try Site(named: site, layer: 0, head: head, .all)
  }

  func run() throws {
    let model = try model.load()
    let layers = try layers.resolved(model.layers) ?? Array(0..<model.layers)
    let writer = try RunWriter(self, common, model)
    let data = try ProbeData(
      task, label: label, position: Positions(parsing: position), type: type, count: texts,
      for: model, seed: common.seed)
    for note in data.notes { Output.note("note: \(note)") }
    var settings = ProbeSettings()
    (settings.penalty, settings.controls, settings.seed) = (penalty, controls, common.seed)
    let progress = ProgressLine("probe")
    let study = try ProbeStudy(
      of: data, in: model,
      component: try Site(named: site, layer: 0, head: head, .all).component, layers: layers,
      head: head, settings: settings, progress: { progress.update($0, of: layers.count) })
    try writer.finish(RunResults(study)) { Output.print(study.table) }
  }
}

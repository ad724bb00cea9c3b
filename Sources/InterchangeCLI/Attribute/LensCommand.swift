import ArgumentParser
import Interchange

/// `interchange lens`: the outputs that the unembedding makes of every layer.
struct LensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lens", abstract: "Show the tokens that each layer's vectors would give.",
    discussion: """
      The logit lens: the last norm and the unembedding applied to the vectors of every layer. Of \
      attention_output and mlp_output each addition is normed by itself. With --out, figures over \
      layers and positions.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "The text.") var text: String
  @Option(
    help: ArgumentHelp(
      "A token whose probability and rank are shown too, with its space, such as ' Paris'.",
      valueName: "text"))
  var answer: String?
  @Option(
    help: ArgumentHelp(
      "The vectors: block_output, block_input, resid_mid, attention_output, mlp_output.",
      valueName: "name"))
  var component = "block_output"
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The layers, such as 20-29, 0-29:3 or 8,12,-1; all by default.", valueName: "list"))
  var layers: LayerOption?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Positions: an index (negative from the end), a list 0,2,5, f3, l2, or all.", valueName: "p"))
  var positions = "all"
  @Option(.counts(from: 1, to: 1000), "How many tokens are shown and kept.", valueName: "k")
  var top = 3
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try Site(named: component, layer: 0, .all)
  }

  func run() throws {
    let model = try model.load()
    let layers = try layers?.selection.resolved(model.layers)
    let answer = try answer.map { try model.answerTokens([$0], after: text)[0] }
    let writer = try RunWriter(self, common, model)
    let lens = try model.logitLens(
      of: text, component: Site(named: component, layer: 0, .all).component, layers: layers,
      positions: Positions(parsing: positions), answer: answer, top: top)
    try writer.finish(RunResults(lens)) { Output.print(lens.table(top)) }
  }
}

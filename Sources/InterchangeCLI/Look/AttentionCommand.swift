import ArgumentParser
import Interchange

/// `interchange attention`: which tokens the heads of some layers look at.
struct AttentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention", abstract: "Show which tokens of a text attention heads look at.",
    discussion: "With --out, a figure of each layer's patterns.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The text.") var text: String
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The layers, such as 20 or 0,4-7, or all.", valueName: "layers"))
  var layers: String
  @Option(
    help: ArgumentHelp("The heads of each layer, such as 0,3; by default all.", valueName: "heads"))
  var heads: String?
  @Option(.count, "How many tokens the table shows.", valueName: "k") var top = 3
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try LayerSelection(option: "--layers", layers)
    _ = try heads.map { try LayerSelection(heads: $0) }
  }

  func run() throws {
    let model = try model.load()
    let layers = try LayerSelection(option: "--layers", layers).resolved(
      model.layers)
    let heads = try heads.map {
      try LayerSelection(heads: $0).resolvedHeads(.attentionWeight, of: model.network)
    }
    let writer = try RunWriter(self, common, model)
    let patterns = try model.attentionPatterns(of: text, layers: layers, heads: heads)
    try writer.finish(RunResults(patterns)) { Output.print(patterns.table(top)) }
  }
}

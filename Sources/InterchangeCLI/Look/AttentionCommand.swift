import ArgumentParser
import Interchange

/// `interchange attention`: which tokens the heads of some layers look at.
struct AttentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention", abstract: "Show which tokens of a text attention heads look at.",
    discussion: """
      With --out, a figure of each layer's patterns. With --target those of an encoder-decoder's \
      cross-attention: from each token of the target to those of the text. Its layers are counted \
      from the encoder's first.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "The text.") var text: String
  @Option(
    help: ArgumentHelp(
      "What an encoder-decoder has written of --text: its decoder's cross-attention is shown.",
      valueName: "text"))
  var target: String?
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
    let component = target == nil ? Component.attentionWeight : .crossAttentionWeight
    let selection = try LayerSelection(option: "--layers", layers)
    var layers = try selection.resolved(model.layers)
    if target != nil {
      try model.network.validate(component)
      // All that have one.
      if selection == .all {
        layers = layers.filter { model.architecture.hasComponent(component, layer: $0) }
      }
    }
    let heads = try heads.map {
      try LayerSelection(heads: $0).resolvedHeads(component, of: model.network)
    }
    let writer = try RunWriter(self, common, model)
    let patterns =
      try target.map {
        try model.crossAttentionPatterns(of: text, target: $0, layers: layers, heads: heads)
      } ?? model.attentionPatterns(of: text, layers: layers, heads: heads)
    try writer.finish(RunResults(patterns)) { Output.print(patterns.table(top)) }
  }
}

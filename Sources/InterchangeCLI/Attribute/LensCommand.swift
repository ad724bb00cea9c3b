import ArgumentParser
import Foundation
import Interchange

/// `interchange lens`: the outputs that the unembedding makes of every layer.
struct LensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lens", abstract: "Show the tokens that each layer's vectors would give.",
    discussion: """
      The logit lens: the last norm and the unembedding applied to the vectors of every layer. Of \
      attention_output and mlp_output each addition is normed by itself. With --tuned the maps of \
      `tuned-lens` come first; with --patchscope the vectors are put into another prompt, whose \
      next token is read. With --out, figures over layers and positions.
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
  @OptionGroup var layers: LayersOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Positions: an index (negative from the end), a list 0,2,5, f3, l2, or all.", valueName: "p"))
  var positions = "all"
  @Option(.counts(from: 1, to: 1000), "How many tokens are shown and kept.", valueName: "k")
  var top = 3
  @Option(
    help: ArgumentHelp(
      "A tuned-lens.safetensors that `tuned-lens` wrote, or its folder.", valueName: "file"))
  var tuned: String?
  @Flag(help: "Read each vector by a prompt of the model (arXiv 2401.06102).")
  var patchscope = false
  @Option(
    help: ArgumentHelp(
      "The patchscope’s prompt; pairs of equal words by default.", valueName: "text"))
  var prompt: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The position of the prompt that takes the vector; the last by default.", valueName: "p"))
  var promptPosition: String?
  @Option(
    .place, "The layer after which the prompt takes it; by default the one that it is from.")
  var promptLayer: Int?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try Site(named: component, layer: 0, .all)
    guard tuned == nil || !patchscope else {
      throw ValidationError("give either --tuned or --patchscope.")
    }
    guard patchscope || (prompt == nil && promptPosition == nil && promptLayer == nil) else {
      throw ValidationError("--prompt, --prompt-position and --prompt-layer are of --patchscope.")
    }
  }

  /// The way of reading that the options name.
  private func reading() throws -> any LayerReading {
    if let tuned { return try TunedLens.read(contentsOf: URL(userPath: tuned)) }
    guard patchscope else { return LogitLens() }
    return Patchscope(
      prompt: prompt ?? Patchscope.identityPrompt,
      at: Positions(parsing: promptPosition ?? "-1"), layer: promptLayer)
  }

  func run() throws {
    let model = try model.load()
    let layers = try layers.resolved(model.layers)
    let answer = try answer.map { try model.answerTokens([$0], after: text)[0] }
    let writer = try RunWriter(self, common, model)
    let lens = try model.lens(
      of: text, by: reading(),
      component: Site(named: component, layer: 0, .all).component, layers: layers,
      positions: Positions(parsing: positions), answer: answer, top: top)
    try writer.finish(RunResults(lens)) { Output.print(lens.table(top)) }
  }
}

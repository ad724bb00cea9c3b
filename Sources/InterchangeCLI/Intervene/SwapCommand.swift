import ArgumentParser
import Interchange

/// `interchange swap`: one interchange.
struct SwapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swap",
    abstract: "Run a text with a hidden vector taken from another text.",
    discussion: """
      Shows the likeliest outputs of the base, the source and the patched base side by side, by \
      their patched logit. The logit difference is of the source's answer and the base's; the \
      part of the way is 0 % as in the base and 100 % as in the source. Positions mean the same \
      in base and source, unless --source-position says otherwise.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "The text that is run.") var base: String
  @Option(help: "The text that the vector is taken from.") var source: String
  @OptionGroup var site: SiteOptions
  @Option(.count, "How many outputs of each run to show.", valueName: "k") var top = 5
  @OptionGroup var common: CommonOptions

  func run() throws {
    let site = try site.resolved()
    let model = try model.load()
    let swap = try model.interchange(
      at: site, base: base, source: source,
      sourcePositions: self.site.place.sourcePositions)
    try SwapResult(swap, try swap.compared(top: top), model).show(model, json: common.json)
  }
}

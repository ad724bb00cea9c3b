import ArgumentParser
import Interchange

/// `interchange swap`: one interchange.
struct SwapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swap",
    abstract: "Run a text with a hidden vector taken from another text.",
    discussion:
      "Positions mean the same in base and source, unless --source-position says otherwise.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The text that is run.") var base: String
  @Option(help: "The text that the vector is taken from.") var source: String
  @OptionGroup var site: SiteOptions
  @Option(.count, "How many tokens to show.", valueName: "k") var top = 5
  @OptionGroup var common: CommonOptions

  func run() throws {
    let site = try site.resolved()
    let model = try model.load()
    let swap = try model.interchange(
      at: site, base: base, source: source,
      sourcePositions: self.site.sourcePosition.map { Positions(parsing: $0) })
    var result = PredictionResult(ids: swap.base.ids, top: model.top(top, of: swap.logits))
    result.touched = swap.positions.map {
      .init(position: $0, token: model.tokenizer.token(swap.base.ids[$0]))
    }
    try result.show(model, json: common.json)
  }
}

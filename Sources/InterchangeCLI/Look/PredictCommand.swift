import ArgumentParser
import Interchange

/// `interchange predict`: the likeliest next tokens.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Show the likeliest next tokens after a text.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The text.") var text: String
  @Option(.count, "How many tokens to show.", valueName: "k") var top = 5
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let logits = try model.logits(after: text)
    try PredictionResult(ids: model.encode(text).ids, top: model.top(top, of: logits))
      .show(model, json: common.json)
  }
}

import ArgumentParser
import Interchange

/// `interchange generate`: continue a prompt.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continue a prompt.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The prompt.") var prompt: String
  @Option(.countOrNone, "How many tokens at most.") var maxTokens = 64
  @Option(.temperature, "0 takes the likeliest token each time.", valueName: "t")
  var temperature = 0.0
  @OptionGroup var adapters: SteeredAdapterOptions
  @OptionGroup var common: CommonOptions

  private struct Result: Encodable {
    let prompt: [Int]
    let text: String
  }

  func run() throws {
    let model = try model.load()
    let adapted = try adapters.adapted(model)
    let options = GenerationOptions(
      maximumTokens: maxTokens, temperature: temperature, seed: common.seed,
      stopTokens: model.tokenizer.endTokens)
    let ids = model.encode(prompt).ids
    let text = try adapted.stream(ids, options: options) { common.show($0) }
    if common.json { return try Output.print(json: Result(prompt: ids, text: text)) }
    Output.print("")
  }
}
